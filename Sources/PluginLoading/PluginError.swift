import FusionCore

/// Why a library was not loaded; the registry is as it was.
public struct PluginError: UserError {
  /// The library, as it was named.
  public let path: String
  /// What is wrong with it.
  public let reason: String
  /// What to do, if there is something to say.
  public let advice: String?
  /// 2: what was asked for cannot be had.
  public var exitStatus: Int32 { 2 }
  /// All of it.
  public var description: String { "plugin '\(path)': \(reason)" + (advice.map { "\n  \($0)" } ?? "") }

  init(_ path: String, _ reason: String, advice: String? = nil) {
    self.path = path
    self.reason = reason
    self.advice = advice
  }
}

/// Several libraries that were not loaded.
public struct PluginErrors: UserError {
  /// One at least.
  public let errors: [PluginError]
  /// 2: what was asked for cannot be had.
  public var exitStatus: Int32 { 2 }
  /// One paragraph each.
  public var description: String { errors.map(\.description).joined(separator: "\n") }

  /// An error of several.
  public init(_ errors: [PluginError]) { self.errors = errors }
}

extension String {
  /// What helps against a library of another core or compiler.
  static let buildAgain = "build it again with this program: fusionkit plugin build PACKAGE"
}
