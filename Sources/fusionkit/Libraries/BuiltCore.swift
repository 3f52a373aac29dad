import Foundation

/// The modules that this program was built from, which lie beside it in the build folder.
struct BuiltCore {
  /// What the compiler needs to find them.
  let flags: [String]

  /// - Throws: ``UsageError`` where the program was moved away from them.
  init() throws {
    let folder = Self.folder
    // Their headers are part of the modules.
    let checkout = Checkout.above(folder) ?? Self.source
    let maps = ["CFusionABI", "CFusionKernels"].map { "\(folder)/\($0).build/module.modulemap" }
    let headers = ["CFusionABI/include", "CFusionKernels/include"].map { "\(checkout)/Sources/\($0)" }
    let system = Self.systemLibraries.map { "\(checkout)/Sources/\($0.module)" }
    let missing = (["\(folder)/Modules/FusionCore.swiftmodule"] + maps + headers + system).filter {
      !FileManager.default.fileExists(atPath: $0)
    }
    guard missing.isEmpty else {
      throw UsageError(
        "the modules that this program was built from are not beside it any more\n"
          + missing.map { "  there is no \($0)" }.joined(separator: "\n")
          + "\n  run the one in a checkout of FusionKit: swift build -c release --product fusionkit, then "
          + ".build/release/fusionkit")
    }
    var flags = ["-I", "\(folder)/Modules"]
    for path in system { flags += ["-I", path] }
    for map in maps { flags += ["-Xcc", "-fmodule-map-file=\(map)"] }
    for path in headers { flags += ["-Xcc", "-I\(path)"] }
    for library in Self.systemLibraries { flags += Self.systemHeaders(library.package) }
    self.flags = flags
  }

  /// Those of the system that the core and FusionData are made with, as pkg-config calls them.
  private static let systemLibraries: [(module: String, package: String)] = [
    ("CBLAS", "openblas"), ("CZlib", "zlib"), ("CLibZip", "libzip"), ("CSndFile", "sndfile"), ("CFFTW", "fftw3f"),
    ("CCrypto", "libcrypto"),
  ]

  /// The checkout that this program was built in: the one around it, or else the sources that it was compiled from; nil
  /// where neither is there any more.
  static var checkout: String? { Checkout.above(folder) ?? (Checkout.above(source) == source ? source : nil) }

  /// Where this program lies.
  private static var folder: String {
    let program = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    return program.resolvingSymlinksInPath().deletingLastPathComponent().path
  }

  /// The sources that this program was compiled from, as the compiler knew them.
  private static let source = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL.path

  /// Where pkg-config finds a library's headers; nothing where it knows of none, or is not there.
  private static func systemHeaders(_ library: String) -> [String] {
    let text = (try? Tool("pkg-config", ["--cflags-only-I", library]).run().output) ?? ""
    return text.split(whereSeparator: \.isWhitespace).flatMap { ["-Xcc", String($0)] }
  }
}
