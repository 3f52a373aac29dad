import FusionMetrics

extension Registry {
  /// What every configuration may name: the plugins of this package and the standard metrics. Components of one's own join
  /// them with `register(_:origin:)`.
  ///
  /// - Throws: `RegistryError.duplicate` where two of them claim the same name.
  public static func standard() throws(RegistryError) -> Registry {
    var registry = try allPlugins()
    try registry.registerMetrics()
    return registry
  }
}
