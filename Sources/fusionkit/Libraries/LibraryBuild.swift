import Foundation
import FusionCore
import FusionData
import PluginLoading

/// Compiles the targets of a package, and links nothing else into a library: the core's symbols stay open, and the
/// program that loads the library fills them.
struct LibraryBuild {
  let package: PluginPackage
  let core: BuiltCore

  /// Makes the library, which appears whole or not at all.
  func make(_ library: String) throws {
    let library = URL(fileURLWithPath: library).path
    let folder = URL(fileURLWithPath: library).deletingLastPathComponent().path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // Beside the library, so that it can be renamed to its place: one that is in use keeps its bytes.
    let work = "\(folder)/.\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: false)
    UnfinishedFiles.add(workFolder: work)
    defer {
      try? FileManager.default.removeItem(atPath: work)
      UnfinishedFiles.remove(work)
    }
    for target in package.targets { try compile(target.name, target.sources, target.flags, work) }
    let entry = "\(work)/Entry.swift"
    try entrySource.write(toFile: entry, atomically: true, encoding: .utf8)
    do { try compile(Self.entryModule, [entry], ["-swift-version", "6"], work) } catch let error as ToolError {
      throw UsageError(
        "\(error.description)\n  a target of a library product holds one public type, a plugin, and is called as it")
    }
    let objects = (package.targets.map(\.name) + [Self.entryModule]).map { "\(work)/\($0).o" }
    #if os(macOS)
      let open = ["-Xlinker", "-undefined", "-Xlinker", "dynamic_lookup"]
    #else
      let open: [String] = []
    #endif
    _ = try Tool("swiftc", ["-emit-library", "-o", "\(work)/library"] + open + objects).run()
    let linked = try Data(contentsOf: URL(fileURLWithPath: "\(work)/library"))
    #if !os(macOS)  // Whose signatures cover all of a file.
      try LibrarySeal.seal(linked).write(to: URL(fileURLWithPath: "\(work)/library"))
      chmod("\(work)/library", 0o755)
    #endif
    guard rename("\(work)/library", library) == 0 else {
      throw UsageError("\(library) cannot be written: \(String(cString: strerror(errno)))")
    }
  }

  /// A name of its own for each library: two of them are loaded side by side.
  private static let entryModule = "FusionKitEntry"

  private func compile(_ module: String, _ sources: [String], _ flags: [String], _ work: String) throws {
    let said = try Tool(
      "swiftc",
      [
        "-parse-as-library", "-O", "-wmo", "-module-name", module, "-emit-module-path",
        "\(work)/\(module).swiftmodule", "-c", "-o", "\(work)/\(module).o", "-I", work,
      ] + flags + core.flags + sources
    ).run()
    // Warnings are the author's to see.
    let warnings = said.errors.trimmingCharacters(in: .whitespacesAndNewlines)
    if !warnings.isEmpty { Console.note(warnings) }
  }

  /// The entry point: the one function by which a library is known to be a plugin.
  private var entrySource: String {
    """
    import CFusionABI
    import FusionCore\(package.usesData ? "\nimport FusionData" : "")
    \(package.plugins.map { "import \($0)" }.joined(separator: "\n"))

    @_cdecl("fusionkit_plugin")
    public func fusionkitPlugin() -> UnsafePointer<fusionkit_plugin_handshake>? {
      PluginOffer.handshake\(package.usesData ? "(data: PluginOffer.dataFingerprint)" : "") { offer in
    \(package.plugins.map { "    PluginOffer.add(\($0).self, to: offer)" }.joined(separator: "\n"))
      }
    }

    /// There is a checksum behind this library's last byte.
    @_cdecl("\(LibrarySeal.symbol)")
    public func fusionkitPluginSealed() {}

    """
  }
}
