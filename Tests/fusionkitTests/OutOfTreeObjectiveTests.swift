import Foundation
import FusionData
import Testing

/// Objectives out of the tree: the example, and the tree's own three under other names, in libraries.
@Suite struct OutOfTreeObjectiveTests {
  private static let example = Binary.package + "/Examples/OutOfTreeObjective"

  private func config(_ objectives: String) throws -> String {
    let text = try DemoData.config(fusion: "{type: concat}", more: "")
    return text.replacing("training:\n", with: "training:\n  objective: \(objectives)\n")
  }

  @Test func theExampleKeepsTheRulesAndTrains() throws {
    let folder = Scratch()
    let library = folder / "libHeadsObjective.so"
    let built = try Binary.run(["plugin", "build", Self.example, "-o", library])
    try #require(built.status == 0, "\(built.errors)")
    #expect(built.output == "\(library): objective heads\n")
    let rules = try Binary.run(["conformance", "--plugin", library])
    #expect(rules.status == 0 && rules.output.contains("✔ objective heads "), "\(rules.output)")
    #expect(try Binary.run(["list", "objectives", "--plugin", library]).output.contains("\n  heads "))
    #expect(try Binary.run(["schema", "--plugin", library]).output.contains("\"heads\""))

    try folder.write("tiny.yaml", config("[{type: task}, {type: heads, weight: 0.5}]"))
    let trained = try Binary.run(
      ["train", "tiny.yaml", "--output", "./run", "--plugin", library], in: folder.path)
    try #require(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains(/train loss [\d.]+ task [\d.]+ heads [\d.]+/))
    let history = try String(contentsOfFile: folder / "run/history.csv", encoding: .utf8)
    #expect(history.split(separator: "\n")[0].contains(",train.heads,train.task,"))
    let resumed = try Binary.run(["train", "--resume", "run", "--set", "training.epochs=2"], in: folder.path)
    #expect(resumed.status == 0, "\(resumed.errors)")

    // The configuration ships with the example.
    try folder.write(".build/libHeadsObjective.so", bytes(library))
    try folder.write("configs/heads.yaml", bytes(Self.example + "/configs/heads.yaml"))
    #expect(try Binary.run(["check", folder / "configs/heads.yaml"]).status == 0)
    // Without the library the name is unknown, at its place.
    let unknown = try Binary.run(["check", folder / "tiny.yaml"])
    #expect(unknown.status == 2 && unknown.errors.contains("unknown objective 'heads'"), "\(unknown.errors)")
  }

  /// Nothing of the three is in the core: their sources, under other names, do the same from a library.
  @Test func theTreesOwnWorkFromALibrary() throws {
    let folder = Scratch()
    let types = try ["Unimodal", "InfoNCE", "OGMGE"].map { stem in
      let type = "\(stem)Objective"
      let path = "\(Binary.package)/Plugins/Objectives/\(type)/\(type).swift"
      let source = try String(contentsOfFile: path, encoding: .utf8)
      return (
        type: "Own\(type)",
        source: source.replacing(type, with: "Own\(type)").replacing("let name = \"", with: "let name = \"own_")
      )
    }
    let built = try PluginLibraries.build("Own", types, in: folder)
    try #require(built.status == 0, "\(built.errors)")
    let library = folder / "libOwn.so"
    let rules = try Binary.run(["conformance", "--plugin", library])
    #expect(rules.status == 0 && rules.output.contains("3 plugins"), "\(rules.output)")
    func model(_ name: String, _ objectives: String) throws -> Data {
      try folder.write("\(name).yaml", config(objectives))
      let outcome = try Binary.run(
        ["train", "\(name).yaml", "--output", "./\(name)", "--plugin", library], in: folder.path)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try bytes(folder / "\(name)/model.safetensors")
    }
    // What is drawn depends on the name: from the same heads and projections on, all three take the same steps.
    let all =
      "[{type: task}, {type: unimodal, weight: 0.5}, {type: info_nce, weight: 0.1}, {type: ogm_ge, noise: false}]"
    _ = try model("tree", all)
    let drawn = try model("library", named(all))
    try giveState(of: "tree", to: "library", in: folder)
    let models = try ["tree", "library"].map { name in
      let resumed = try Binary.run(
        ["train", "--resume", name, "--set", "training.epochs=3", "--plugin", library], in: folder.path)
      try #require(resumed.status == 0, "\(resumed.errors)")
      return try bytes(folder / "\(name)/model.safetensors")
    }
    #expect(models[0] == models[1])
    #expect(models[0] != drawn)
    // Without parameters and noise of its own, whose random numbers go by its name, the bits are the same.
    let inside = try model("inside", "[{type: task}, {type: ogm_ge, noise: false}]")
    #expect(try model("outside", "[{type: task}, {type: own_ogm_ge, noise: false}]") == inside)
    #expect(try model("task", "[{type: task}]") != inside)
  }

  /// A text with the names of the library in the place of the tree's.
  private func named(_ text: String) -> String {
    ["unimodal", "info_nce", "ogm_ge"].reduce(text) { text, name in
      text.replacing("\"\(name)", with: "\"own_\(name)").replacing("type: \(name)", with: "type: own_\(name)")
        .replacing("objectives.\(name).", with: "objectives.own_\(name).")
    }
  }

  /// Lets a run go on from the checkpoint of another one, whose objectives have other names.
  private func giveState(of first: String, to second: String, in folder: Scratch) throws {
    let path = folder / "\(second)/checkpoint/state.safetensors"
    let (file, own) = try (
      SafeTensors(opening: folder / "\(first)/checkpoint/state.safetensors"), SafeTensors(opening: path)
    )
    var metadata = file.metadata
    metadata["position"] = metadata["position"].map(named)
    metadata["configuration"] = own.metadata["configuration"]
    let items = try file.names.map { name in
      let array = try #require(file[name])
      return SafeTensors.Item(named(name), try array.floats(), shape: array.shape, .float32)
    }
    try #require(items.map(\.name).sorted() == own.names.sorted())
    try SafeTensors.write(items, metadata: metadata, sealed: true, to: path)
  }
}
