import AllPlugins
import ArgumentParser
import FusionData
import PluginLoading

extension Registry {
  /// Everything this program knows: the plugins of this package, the metrics, and what `--plugin` names.
  static func complete(plugins: [String] = []) throws -> Registry {
    var registry = try Registry.standard()
    var errors: [PluginError] = []
    for path in plugins {
      do throws(PluginError) { try registry.load(library: path) } catch {
        errors.append(error)
        continue
      }
      #if !os(macOS)
        if !LibrarySeal.isPresent(in: path) {
          Console.note("note: plugin '\(path)' has no checksum, as 'plugin build' makes it: damage goes unnoticed")
        }
      #endif
    }
    guard errors.isEmpty else { throw PluginErrors(errors) }
    return registry
  }
}

/// `--plugin LIB`, as often as one likes.
struct PluginOptions: ParsableArguments {
  @Option(
    name: .customLong("plugin"), parsing: .singleValue,
    help: ArgumentHelp("Load the plugins of a library, made by 'plugin build'; repeatable.", valueName: "library"))
  var paths: [String] = []
}
