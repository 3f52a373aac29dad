import Foundation
import Testing

/// An optimizer and a schedule out of the tree: the example is built, checked, trained with and resumed.
@Suite struct OutOfTreeTrainingTests {
  private static let example = Binary.package + "/Examples/OutOfTreeOptimizer"

  @Test func theExampleKeepsTheRulesAndTrains() throws {
    let folder = Scratch()
    let library = folder / ".build/libSignSGD.so"
    try folder.write(".build/.keep", "")
    let built = try Binary.run(["plugin", "build", Self.example, "-o", library])
    try #require(built.status == 0, "\(built.errors)")
    #expect(built.output == "\(library): optimizer sign_sgd, schedule root\n")
    #expect(built.errors == "", "it compiles without warnings")
    let rules = try Binary.run(["conformance", "--plugin", library])
    #expect(rules.status == 0, "\(rules.output)")
    #expect(rules.output.contains("✔ optimizer sign_sgd ") && rules.output.contains("✔ schedule root "))
    #expect(try Binary.run(["list", "optimizers", "--plugin", library]).output.contains("\n  sign_sgd "))
    #expect(try Binary.run(["schema", "--plugin", library]).output.contains("\"sign_sgd\""))

    try folder.write("configs/sign_sgd.yaml", bytes(Self.example + "/configs/sign_sgd.yaml"))
    let set = ["--set", "data.root=\(try DemoData.folder())", "--set", "training.batch_size=20"]
    let whole = try Binary.run(
      ["train", "configs/sign_sgd.yaml", "--output", "./whole", "--set", "training.epochs=2"] + set, in: folder.path)
    try #require(whole.status == 0, "\(whole.errors)")
    let first = try Binary.run(
      ["train", "configs/sign_sgd.yaml", "--output", "./parts", "--set", "training.epochs=1"] + set, in: folder.path)
    try #require(first.status == 0, "\(first.errors)")
    let second = try Binary.run(["train", "--resume", "parts", "--set", "training.epochs=2"], in: folder.path)
    try #require(second.status == 0, "\(second.errors)")
    #expect(try bytes(folder / "parts/model.safetensors") == bytes(folder / "whole/model.safetensors"))

    // Without the library the names are unknown, at their places.
    let text = try String(contentsOfFile: folder / "configs/sign_sgd.yaml", encoding: .utf8)
    try folder.write("configs/bare.yaml", text.replacing("plugins: [../.build/libSignSGD.so]", with: ""))
    let unknown = try Binary.run(["check", "configs/bare.yaml"], in: folder.path)
    #expect(unknown.status == 2)
    #expect(unknown.errors.contains("error: unknown optimizer 'sign_sgd'"), "\(unknown.errors)")
    #expect(unknown.errors.contains("error: unknown schedule 'root'"), "\(unknown.errors)")
  }
}
