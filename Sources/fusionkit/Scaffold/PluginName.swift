import FusionCore

/// The name of a plugin to be, and those that follow from it.
struct PluginName {
  /// As in configurations: `gated_sum`.
  let name: String
  /// What it becomes.
  let kind: ComponentKind

  /// - Throws: ``UsageError`` for a name that no configuration could say, or that says the kind again.
  init(_ name: String, _ kind: ComponentKind) throws(UsageError) {
    guard name.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*/) != nil, name.count <= 60 else {
      throw UsageError(
        "'\(name)' is no name for a plugin: lower-case words and digits joined by single underscores, for example "
          + "'gated_sum'")
    }
    guard !name.hasSuffix("_\(kind.rawValue)"), name != kind.rawValue else {
      throw UsageError(
        "the kind is no part of the name: '\(name.dropLast(kind.rawValue.count + 1))' --kind \(kind.rawValue)")
    }
    self.name = name
    self.kind = kind
  }

  /// The type, its target and its folder: `GatedSumFusion`.
  var type: String {
    let words = name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
    return words.joined() + kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst()
  }

  /// What its files are called: kinds may share a name.
  var stem: String { "\(name)_\(kind.rawValue)" }

  /// A template with the names in the places of `__name__`, `__type__` and `__stem__`.
  func fill(_ template: String) -> String {
    template.replacing("__name__", with: name).replacing("__type__", with: type).replacing("__stem__", with: stem)
  }
}
