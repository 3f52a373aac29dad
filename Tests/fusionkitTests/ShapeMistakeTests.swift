import Foundation
import Testing

/// Mistakes in a stranger's plugin are errors at `check`, each with its place in the configuration, and never a stop.
@Suite struct ShapeMistakeTests {
  private static let folder = Scratch()

  /// An encoder of one linear layer; `forward` is what it does with `x`.
  private static func encoder(_ type: String, _ name: String, forward: String) -> String {
    """
    import FusionCore
    public struct \(type): Encoder {
      public static let name = "\(name)"
      public static let summary = "for a test"
      public typealias Configuration = NoConfiguration
      private let weight: Parameter
      public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
        weight = context.parameter("weight", [6, 9], .xavierNormal())
      }
      public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor { \(forward) }
    }
    """
  }

  private static let library = Result {
    let built = try PluginLibraries.build(
      "Mistakes",
      [
        ("NarrowEncoder", encoder("NarrowEncoder", "narrow", forward: "x.flattened(from: 1).linear(pass[weight])")),
        ("FoldedEncoder", encoder("FoldedEncoder", "folded", forward: "x.reshaped([x.shape[0], 10])")),
        ("LostEncoder", encoder("LostEncoder", "lost", forward: "x.flattened()")),
        ("WrongFusion", PluginLibraries.fusion("WrongFusion", "wrong", forward: "return x.matmul(x)")),
        (
          "RangeFusion",
          PluginLibraries.fusion("RangeFusion", "out_of_range", make: "_ = inputs[7].width", forward: "return x")
        ),
        ("PeekFusion", PluginLibraries.fusion("PeekFusion", "peek", forward: "return x.scalars[0] > 0 ? x : x + x")),
        (
          "DeepFusion",
          PluginLibraries.fusion("DeepFusion", "deep", forward: "return callAsFunction(features, pass) + 1")
        ),
        (
          "TwoFusion",
          PluginLibraries.fusion(
            "TwoFusion", "two",
            forward:
              "let a = x.matmul(x); let b = features.vectors[1].reshaped([4, -1]); return .concatenated([x, a, b], axis: 1)"
          )
        ),
      ], in: folder)
    try #require(built.status == 0, "\(built.errors)")
    return folder / "libMistakes.so"
  }

  private func check(_ config: String, _ edit: (String) -> String = { $0 }) throws -> Outcome {
    let folder = Scratch()
    try folder.write("a.yaml", edit(config))
    return try Binary.run(["check", "a.yaml", "--plugin", Self.library.get()], in: folder.path)
  }

  @Test(arguments: [
    ("wrong", "matmul: shapes [7, 196] and [7, 196] do not fit: the left has 196 columns, the right 7 rows"),
    ("out_of_range", "its code was stopped by the system"),
    ("peek", "a value was asked for where only shapes are known"),
    ("deep", "its code was stopped by the system"),
  ])
  func aFusionsMistakeIsAnErrorAtItsSection(_ name: String, _ words: String) throws {
    let outcome = try check(DemoData.config(fusion: "{type: \(name)}"))
    #expect(outcome.status == 2 && outcome.output == "")
    #expect(outcome.errors.contains("a.yaml:7:"), "\(outcome.errors)")
    #expect(outcome.errors.contains("the fusion '\(name)' does not work on image ["), "\(outcome.errors)")
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
    #expect(!outcome.errors.contains("Fatal error") || name == "out_of_range", "\(outcome.errors)")
  }

  @Test func twoMistakesOfOneComponentAreTwoErrors() throws {
    let outcome = try check(DemoData.config(fusion: "{type: two}"))
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("matmul: shapes") && outcome.errors.contains("reshaped: [7, 6] holds 42 values"))
    #expect(!outcome.errors.contains("concatenated:"), "what follows is silent: \(outcome.errors)")
  }

  @Test func mistakesOfSeveralComponentsAreToldAtOnce() throws {
    let outcome = try check(DemoData.config()) {
      $0.replacing("{type: lenet, channels: 2, blocks: 2}", with: "{type: narrow}")
        .replacing("{type: mlp, hidden: [8], width: 6}", with: "{type: folded}")
    }
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("a.yaml:5:") && outcome.errors.contains("a.yaml:6:"), "\(outcome.errors)")
    #expect(
      outcome.errors.contains("linear: x has shape [7, 784], the weight [6, 9]; expected x to end in 9"),
      "\(outcome.errors)")
    #expect(outcome.errors.contains("reshaped: [7, 1, 112, 112] holds 87808 values"), "\(outcome.errors)")
  }

  @Test func aLostBatchIsSeen() throws {
    let outcome = try check(DemoData.config()) {
      $0.replacing("{type: lenet, channels: 2, blocks: 2}", with: "{type: lost}")
    }
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("a batch of 7 samples gives [5488], expected [7, …]"), "\(outcome.errors)")
  }

  /// Nor does training begin.
  @Test func trainingRefusesThemAsWell() throws {
    let folder = Scratch()
    try folder.write("a.yaml", DemoData.config(fusion: "{type: wrong}"))
    let outcome = try Binary.run(
      ["train", "a.yaml", "--output", "./run", "--plugin", Self.library.get()], in: folder.path)
    #expect(outcome.status == 2 && outcome.errors.contains("matmul: shapes"), "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder / "run"))
  }
}
