import Foundation
import FusionCore

/// A program of the system, run to its end.
struct Tool {
  let name: String
  let arguments: [String]

  init(_ name: String, _ arguments: [String]) {
    self.name = name
    self.arguments = arguments
  }

  /// What it wrote to standard output and to standard error; both go to files, which no pipe's size limits.
  ///
  /// - Throws: ``ToolError`` where it is not there, or ends with a failure.
  func run() throws -> (output: String, errors: String) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "fusionkit-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = try ["stdout", "stderr"].map { name in
      let url = folder.appending(path: name)
      try Data().write(to: url)
      return (url, try FileHandle(forWritingTo: url))
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    process.standardInput = FileHandle.nullDevice
    (process.standardOutput, process.standardError) = (files[0].1, files[1].1)
    try process.run()
    process.waitUntilExit()
    let texts = files.map { String(decoding: (try? Data(contentsOf: $0.0)) ?? Data(), as: UTF8.self) }
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw ToolError(
        tool: self, said: texts[1].isEmpty ? texts[0] : texts[1], isMissing: process.terminationStatus == 127)
    }
    return (texts[0], texts[1])
  }

  /// The command line, to be repeated by hand.
  var line: String {
    ([name] + arguments).map(\.shellWord).joined(separator: " ")
  }
}

/// A program that is not there, or that failed.
struct ToolError: UserError {
  let description: String
  var exitStatus: Int32 { 1 }

  init(tool: Tool, said: String, isMissing: Bool) {
    description =
      isMissing
      ? "there is no '\(tool.name)': install the Swift toolchain that built this program and put it on the PATH"
      : "\(tool.name) failed\n\(said.trimmingCharacters(in: .whitespacesAndNewlines))\n  the command was: \(tool.line)"
  }
}
