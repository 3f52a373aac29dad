import Foundation

/// The modules of the build that the tests belong to, for sources that are compiled against them.
enum BuiltModules {
  private static let sources = "\(Binary.package)/Sources"

  /// What `swiftc` needs to import them, with warnings as errors.
  static let flags = """
    -swift-version 6 -warnings-as-errors -parse-as-library -I '\(Binary.folder.path)/Modules' -I '\(sources)/CBLAS' \
    \(["CLibYAML", "CZlib", "CLibZip", "CSndFile", "CFFTW", "CCrypto"].map { "-I '\(sources)/\($0)'" }.joined(separator: " ")) \
    -Xcc -fmodule-map-file='\(Binary.folder.path)/CFusionKernels.build/module.modulemap' \
    -Xcc -I'\(sources)/CFusionKernels/include' \
    -Xcc -fmodule-map-file='\(Binary.folder.path)/CFusionABI.build/module.modulemap' -Xcc -I'\(sources)/CFusionABI/include'
    """

  /// The objects of all modules, to link another program with: what `fusionkit` is linked of, without its own.
  static func objects() throws -> [String] {
    let list = Binary.folder.appending(path: "fusionkit.product/Objects.LinkFileList")
    return try String(contentsOf: list, encoding: .utf8).split(separator: "\n").map(String.init)
      .filter { !$0.contains("/fusionkit.build/") }
  }
}
