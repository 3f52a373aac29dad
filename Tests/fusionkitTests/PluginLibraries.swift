import Foundation
import Testing

/// Libraries of plugins that tests load: that of the example, and those written here, built by the binary itself.
enum PluginLibraries {
  static let example = Binary.package + "/Examples/OutOfTreePlugin"

  private static let gatedSum = Result {
    let library = Scratch.shared / "lib/libGatedSumFusion.so"
    let outcome = try Binary.run(["plugin", "build", example, "-o", library])
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "\(library): fusion gated_sum\n")
    #expect(outcome.errors == "", "it compiles without warnings")
    return library
  }

  /// The library of Examples/OutOfTreePlugin, built once.
  static func gatedSumLibrary() throws -> String { try gatedSum.get() }

  /// Builds a package with a target for each type.
  static func build(_ name: String, _ types: [(type: String, source: String)], in folder: Scratch) throws -> Outcome {
    let names = types.map { "\"\($0.type)\"" }.joined(separator: ", ")
    try folder.write(
      "\(name)/Package.swift",
      """
      // swift-tools-version: 6.1
      import PackageDescription
      let package = Package(
        name: "\(name)", products: [.library(name: "\(name)", targets: [\(names)])],
        targets: [\(types.map { ".target(name: \"\($0.type)\")" }.joined(separator: ", "))])
      """)
    for item in types { try folder.write("\(name)/Sources/\(item.type)/\(item.type).swift", item.source) }
    return try Binary.run(["plugin", "build", folder / name, "-o", folder / "lib\(name).so"])
  }

  /// A fusion; `forward` computes its output from `x`, the first of `features.vectors`, `make` is what its `init` does.
  static func fusion(_ type: String, _ name: String, make: String = "", forward: String) -> String {
    """
    import FusionCore
    public struct \(type): Fusion {
      public static let name = "\(name)"
      public static let summary = "for a test"
      public typealias Configuration = NoConfiguration
      public static func traits(_ configuration: Configuration) -> FusionTraits { FusionTraits() }
      public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
        \(make)
      }
      public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
        let x = features.vectors[0]
        \(forward)
      }
    }
    """
  }

  /// A library in C that shakes hands as `answer` says, with the names `compiler`, `core` and `marker` for what is right.
  static func c(_ name: String, answer: String, more: String = "", in folder: Scratch) throws -> String {
    let core = try #require(
      String(decoding: bytes(gatedSumLibrary()), as: UTF8.self).firstMatch(of: /[0-9a-f]{64}/)?.0)
    try folder.write(
      "\(name).c",
      """
      #include "CFusionABI.h"
      static const char core[] = "\(core)";
      static void nothing(void *offer) { (void)offer; }
      \(more)
      const fusionkit_plugin_handshake *fusionkit_plugin(void) {
        static fusionkit_plugin_handshake answer;
        answer = (fusionkit_plugin_handshake)
          {FUSIONKIT_PLUGIN_ABI, fusionkit_compiler(), core, fusionkit_marker_address(), nothing, 0};
        \(answer)
        return &answer;
      }
      """)
    let line = "clang -shared -fPIC -I '\(Binary.package)/Sources/CFusionABI/include' -o \(name).so \(name).c"
    let outcome = try Binary.shell(line, in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return folder / "\(name).so"
  }
}
