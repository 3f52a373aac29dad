import AllPlugins
import FusionData

extension Registry {
  /// Everything this program knows: the plugins of this package and the data sets.
  static func complete() throws(RegistryError) -> Registry {
    var registry = try Registry.allPlugins()
    try registry.registerDatasets()
    return registry
  }
}
