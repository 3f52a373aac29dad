import FusionCore
import PluginLoading

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `plugins:`, the libraries to load before any name is looked up.
enum PluginsSetting {
  static let key = "plugins"
  static let summary = "libraries of plugins to load, each relative to the file that names it"
}

extension Registry {
  /// The registry with the plugins of all libraries that a configuration names.
  ///
  /// A library that is not where the configuration says, but which was loaded before from another place, `--plugin`,
  /// under the same file name, is not looked for: runs survive that their libraries are moved.
  ///
  /// - Throws: `ConfigError` with every library that cannot be loaded. Nothing else is looked at then: what the library
  ///   holds would be missing everywhere.
  func loading(plugins node: Node?) throws(ConfigError) -> Registry {
    guard let node, node.scalar != .null else { return self }
    var registry = self
    var findings = Findings()
    for element in node.elements ?? [node] {
      guard case .string(let name)? = element.scalar, !name.isEmpty else {
        findings.add(
          element.mark,
          "'\(PluginsSetting.key)' wants the path of a library, or a list of paths, got \(element.description)",
          notes: ["for example: \(PluginsSetting.key): [../.build/libGatedSumFusion.so]"])
        continue
      }
      let source = element.mark.source
      let target = source.isArgument ? name : path(name, besides: source.name)
      let isMoved = !isThere(target) && libraries.contains { lastComponent($0) == lastComponent(name) }
      guard !isMoved else { continue }
      do throws(PluginError) {
        try registry.load(library: target)
      } catch {
        let isMissing = !isThere(target)
        findings.add(
          element.mark, error.lines[0],
          notes: error.lines.dropFirst() + (isMissing ? [Self.placesDescription(source)] : []))
      }
    }
    try findings.throwIfAny()
    return registry
  }

  private static func placesDescription(_ source: Source) -> String {
    (source.isArgument
      ? "paths start from the current directory"
      : "paths in 'plugins' start from the folder of the file that says them")
      + "; --plugin PATH gives one that was moved"
  }
}

private func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

private func lastComponent(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }

extension PluginError {
  fileprivate var lines: [String] {
    description.split(separator: "\n").enumerated().map { index, line in
      index == 0 ? String(line) : String(line.drop { $0 == " " })
    }
  }
}
