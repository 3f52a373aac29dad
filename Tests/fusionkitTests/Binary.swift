import Foundation
import Testing

/// The outcome of a run of the built binary.
struct Outcome {
  let status: Int32
  let output: String
  let errors: String
}

/// The built `fusionkit`, which lies beside the test bundle in debug and in release.
enum Binary {
  static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

  /// The binary's path.
  static let path: String = {
    for folder in [Bundle.main.bundleURL, folder] {
      let candidate = folder.appending(path: "fusionkit").path
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    return folder.appending(path: "fusionkit").path
  }()

  /// Whether it was built for speed, as its folder tells.
  static let isRelease = path.contains("/release/")

  /// The root of the package.
  static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Runs the binary to its end.
  static func run(_ arguments: [String], in folder: String = package) throws -> Outcome {
    try Child(path, arguments, in: folder).outcome()
  }

  /// Runs a line of shell, in which `$FUSIONKIT` is the binary.
  static func shell(_ line: String, in folder: String = package) throws -> Outcome {
    try Child("/bin/bash", ["-c", line], in: folder).outcome()
  }
}

/// A process with its output in files: no pipe can fill up, and none is inherited by another test's process.
final class Child {
  private let process = Process()
  private let scratch = Scratch()

  init(
    _ executable: String, _ arguments: [String], in folder: String = Binary.package,
    environment: [String: String] = [:]
  ) throws {
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["COLUMNS": "100", "TERM": "dumb", "FUSIONKIT": Binary.path].merging(environment, uniquingKeysWith: { $1 }),
      uniquingKeysWith: { $1 })
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try Self.file(scratch / "stdout")
    process.standardError = try Self.file(scratch / "stderr")
    try process.run()
  }

  private static func file(_ path: String) throws -> FileHandle {
    try Data().write(to: URL(fileURLWithPath: path))
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  /// What was written to standard error so far.
  var errorsSoFar: String { (try? String(contentsOfFile: scratch / "stderr", encoding: .utf8)) ?? "" }
  /// Whether it still runs.
  var isRunning: Bool { process.isRunning }

  /// The bytes of memory that are in use and belong to no file; nil where the system does not tell.
  var anonymousMemory: Int? {
    let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
    return (status?.firstMatch(of: /RssAnon:\s+(\d+) kB/)?.1).flatMap { Int($0) }.map { $0 << 10 }
  }

  /// Sends a signal.
  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits for the end.
  func outcome() throws -> Outcome {
    process.waitUntilExit()
    let status =
      process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
    return Outcome(
      status: status, output: try String(contentsOfFile: scratch / "stdout", encoding: .utf8),
      errors: try String(contentsOfFile: scratch / "stderr", encoding: .utf8))
  }
}

/// A folder that is gone when the test is over.
final class Scratch: Sendable {
  let path: String

  /// For what several tests share; gone when the process ends.
  static let shared: Scratch = {
    atexit { try? FileManager.default.removeItem(atPath: Scratch.shared.path) }
    return Scratch()
  }()

  init() {
    path = NSTemporaryDirectory() + "fusionkit-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    // Tests take rights away from folders; without them a folder cannot be emptied.
    for case let name as String in FileManager.default.enumerator(atPath: path) ?? .init() {
      chmod(path + "/" + name, 0o755)
    }
    try? FileManager.default.removeItem(atPath: path)
  }

  static func / (scratch: Scratch, name: String) -> String { scratch.path + "/" + name }

  /// Writes a text file, with the folders that lead to it.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try write(name, Data(text.utf8))
  }

  @discardableResult
  func write(_ name: String, _ data: Data) throws -> String {
    let file = URL(fileURLWithPath: self / name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
    return file.path
  }
}

/// The bytes of a file.
func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

/// Compares with a text kept in Tests/Fixtures/commandline; FUSIONKIT_RECORD=1 writes it anew.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let path = Binary.package + "/Tests/Fixtures/commandline/\(name).txt"
  if ProcessInfo.processInfo.environment["FUSIONKIT_RECORD"] != nil {
    try FileManager.default.createDirectory(
      atPath: Binary.package + "/Tests/Fixtures/commandline", withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }
  let expected = try String(contentsOfFile: path, encoding: .utf8)
  #expect(withoutLists(text) == withoutLists(expected), "\(name).txt", sourceLocation: sourceLocation)
}

/// Without the lists that grow with each component and key: a new one must not have to be entered into a text.
private func withoutLists(_ text: String) -> String {
  text.replacing(/available: (?<list>.*)/) { match in
    let names = match.list.split(separator: "   ").first ?? ""
    let isOfComponents = match.list.contains("(fusionkit list")
    guard isOfComponents || names.split(separator: ", ").count > 10 else { return String(match.0) }
    return "available: …" + match.list.dropFirst(names.count)
  }
}
