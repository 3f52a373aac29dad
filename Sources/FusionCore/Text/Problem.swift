/// One thing that is wrong with what a user asked for, in words for that user.
///
/// Problems are gathered, not thrown one by one. The path leads to the key of the configuration, so that a front end can
/// point at file, line and column.
public struct Problem: Sendable, Equatable {
  /// The keys that lead to the place in the configuration, for example `["fusion", "rank"]`; empty: no place known.
  public var path: [String]
  /// What is wrong and what was expected.
  public var message: String
  /// What to do about it, if there is something to say.
  public var hint: String?

  /// A problem at a place.
  public init(path: [String] = [], _ message: String, hint: String? = nil) {
    self.path = path
    self.message = message
    self.hint = hint
  }
}

extension Problem: CustomStringConvertible {
  /// Place, message and hint, for people.
  public var description: String {
    let place = path.isEmpty ? "" : path.joined(separator: ".") + ": "
    return place + message + (hint.map { "\n  \($0)" } ?? "")
  }
}

/// An error that is meant to be read by the person at the keyboard.
public protocol UserError: Error, Sendable, CustomStringConvertible {
  /// What the program exits with: 1 failed, 2 usage or configuration.
  var exitStatus: Int32 { get }
  /// Whether it comes again whenever the same is tried: what was asked for cannot be done. False for what may be an
  /// accident of time and place: a full disk, a file that is missing, a folder in use.
  var isLasting: Bool { get }
}

extension UserError {
  /// An accident, unless an error knows better: it costs another try, where the opposite would cost a result.
  public var isLasting: Bool { false }
}

/// Everything that is wrong with a pipeline, at once.
public struct PipelineError: UserError {
  /// All problems found, in the order of the configuration.
  public let problems: [Problem]
  /// 2: a configuration that cannot work.
  public var exitStatus: Int32 { 2 }
  /// Nor will it tomorrow.
  public var isLasting: Bool { true }
  /// One problem per paragraph.
  public var description: String { problems.map(\.description).joined(separator: "\n") }

  /// An error of one problem or more.
  public init(problems: [Problem]) { self.problems = problems }
}
