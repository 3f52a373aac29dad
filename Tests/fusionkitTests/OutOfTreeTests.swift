import Foundation
import Testing

/// Plugins out of the tree: the example is built, loaded, checked, trained, evaluated and resumed.
@Suite struct OutOfTreeTests {
  @Test func theExampleIsListedAndDescribed() throws {
    let library = try PluginLibraries.gatedSumLibrary()
    let list = try Binary.run(["list", "fusions", "--plugin", library])
    #expect(list.status == 0 && list.output.contains("\n  gated_sum "), "\(list.errors)")
    let twice = try Binary.run(["list", "fusions", "--plugin", library, "--plugin", library])
    #expect(twice.output == list.output, "a library named twice is loaded once: \(twice.errors)")
    let description = try Binary.run(["describe", "gated_sum", "--plugin", library])
    #expect(description.output.contains(library) && description.output.contains("width"))
    #expect(try Binary.run(["schema", "--plugin", library]).output.contains("\"gated_sum\""))
    #expect(!(try Binary.run(["schema"]).output.contains("gated_sum")))
    let bench = try Binary.run(
      ["bench", "--fusion", "gated_sum", "--batch", "4", "--samples", "8", "--rounds", "1", "--plugin", library])
    #expect(bench.status == 0, "\(bench.errors)")
  }

  @Test func theExampleKeepsTheRules() throws {
    let outcome = try Binary.run(["conformance", "--plugin", try PluginLibraries.gatedSumLibrary()])
    #expect(outcome.status == 0, "\(outcome.output)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines[0].hasPrefix("✔ fusion gated_sum "))
    #expect(lines.last?.hasPrefix("1 plugin, ") == true, "without names, those of the library alone")
  }

  @Test func theShippedConfigurationOfTheExampleIsSound() throws {
    let folder = Scratch()
    let library = try PluginLibraries.gatedSumLibrary()
    try folder.write(".build/libGatedSumFusion.so", bytes(library))
    try folder.write("configs/gated_sum.yaml", bytes(PluginLibraries.example + "/configs/gated_sum.yaml"))
    let outcome = try Binary.run(["check", folder / "configs/gated_sum.yaml"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  /// The configuration names the library by a path from its own folder; the run remembers it.
  @Test func aRunKeepsItsLibrary() throws {
    let folder = Scratch()
    try folder.write("lib/libGatedSumFusion.so", bytes(try PluginLibraries.gatedSumLibrary()))
    let text = try DemoData.config(
      fusion: "{type: gated_sum, width: 8}", more: "plugins: [../lib/libGatedSumFusion.so]")
    try folder.write("configs/tiny.yaml", text)
    let trained = try Binary.run(["train", "configs/tiny.yaml", "--output", "./run"], in: folder.path)
    try #require(trained.status == 0, "\(trained.errors)")
    let record = try String(contentsOfFile: folder / "run/config.yaml", encoding: .utf8)
    #expect(record.firstMatch(of: /\nplugins:\n? *(- |\[)\/.*\/lib\/libGatedSumFusion\.so/) != nil, "\(record)")

    let evaluated = try Binary.run(["evaluate", "run"], in: folder.path)
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    let predicted = try Binary.run(["predict", "run", "--data", try DemoData.folder()], in: folder.path)
    #expect(predicted.status == 0 && predicted.output.split(separator: "\n").count == 41, "\(predicted.errors)")
    let resumed = try Binary.run(["train", "--resume", "run", "--set", "training.epochs=2"], in: folder.path)
    try #require(resumed.status == 0, "\(resumed.errors)")

    // By --plugin instead: the same weights, and a library that is not in the configuration is on record too.
    try folder.write("configs/bare.yaml", text.replacing("plugins: [../lib/libGatedSumFusion.so]", with: ""))
    let bare = try Binary.run(
      [
        "train", "configs/bare.yaml", "--set", "training.epochs=2", "--output", "./bare", "--plugin",
        "lib/libGatedSumFusion.so",
      ], in: folder.path)
    try #require(bare.status == 0, "\(bare.errors)")
    #expect(try bytes(folder / "bare/model.safetensors") == bytes(folder / "run/model.safetensors"))
    #expect(try Binary.run(["evaluate", "bare"], in: folder.path).output.contains("accuracy"))
    let seeds = try Binary.run(
      ["train", "configs/tiny.yaml", "--output", "./many", "--seeds", "1,2", "--quiet"], in: folder.path)
    #expect(seeds.status == 0, "\(seeds.errors)")

    // The library moves: told with its place, and helped by --plugin.
    try FileManager.default.moveItem(atPath: folder / "lib", toPath: folder / "moved")
    let lost = try Binary.run(["evaluate", "run"], in: folder.path)
    #expect(lost.status == 2 && lost.output == "")
    #expect(
      lost.errors.firstMatch(of: /^run\/config\.yaml:\d+:\d+: error: plugin '.*': there is no such file\n/) != nil)
    #expect(lost.errors.contains("--plugin PATH gives one that was moved"), "\(lost.errors)")
    let library = ["--plugin", "moved/libGatedSumFusion.so"]
    let found = try Binary.run(["evaluate", "run"] + library, in: folder.path)
    let same = try Binary.run(["evaluate", "bare"] + library, in: folder.path)
    #expect(found.status == 0 && found.output == same.output.replacing("bare", with: "run"), "\(found.errors)")
    let drawn = try Binary.run(["embed", "run", "--of", "fused", "--perplexity", "8"] + library, in: folder.path)
    #expect(drawn.status == 0 && drawn.output.contains("fused"), "\(drawn.errors)")
  }

  /// Everything at once, each at its place.
  @Test func librariesThatAConfigurationNamesWrongly() throws {
    let folder = Scratch()
    try folder.write("notes.txt", "no library")
    try folder.write(
      "a.yaml",
      CheckTests.valid.replacing(
        "name: valid", with: "name: valid\nplugins: [nope.so, 7, notes.txt, [a.so],\n  '']"))
    let outcome = try Binary.run(["check", "a.yaml"], in: folder.path)
    #expect(outcome.status == 2 && outcome.output == "")
    try expectGolden(outcome.errors, "check-plugins")
    try folder.write("b.yaml", CheckTests.valid.replacing("name: valid", with: "plugin: [nope.so]"))
    #expect(try Binary.run(["check", "b.yaml"], in: folder.path).errors.contains("did you mean 'plugins'?"))
    try folder.write("c.yaml", CheckTests.valid)
    let set = try Binary.run(["check", "c.yaml", "--set", "plugins=lib/nope.so"], in: folder.path)
    #expect(set.status == 2)
    #expect(set.errors.contains("--set plugins=lib/nope.so: error: plugin 'lib/nope.so': there is no such file"))
    #expect(try Binary.run(["check", "c.yaml", "--set", "plugins=null"], in: folder.path).status == 0)
  }

  /// One package of each kind, as `plugin new` makes it: built, checked together, its experiment tried.
  @Test func scaffoldedPackagesWork() throws {
    let folder = Scratch()
    var libraries: [String] = []
    for kind in PluginNewTests.kinds {
      let type = "Sample\(kind.capitalized)"
      let made = try Binary.run(
        ["plugin", "new", "sample", "--kind", kind, "--package", kind, "--fusionkit", Binary.package], in: folder.path)
      try #require(made.status == 0, "\(made.errors)")
      #expect(made.output.contains("fusionkit conformance --plugin .build/lib\(type).so"))
      let built = try Binary.run(["plugin", "build", kind], in: folder.path)
      #expect(
        built.status == 0
          && built.output == "\(kind)/.build/lib\(type).so: \(kind == "dataset" ? "data set" : kind) sample\n",
        "\(built.errors)")
      #expect(built.errors == "", "it compiles without warnings")
      libraries.append("\(kind)/.build/lib\(type).so")
      let trained = try Binary.run(
        [
          "train", "\(kind)/configs/sample_\(kind).yaml", "--output", "./run-\(kind)", "--set",
          "data.root=\(try DemoData.folder())", "--set", "training.epochs=1",
        ], in: folder.path)
      #expect(trained.status == 0, "\(trained.errors)")
      try typecheckTests(folder / "\(kind)/Tests/\(type)Tests/\(type)Tests.swift", importing: type, in: folder)
    }
    let outcome = try Binary.run(["conformance"] + libraries.flatMap { ["--plugin", $0] }, in: folder.path)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("\n\(libraries.count) plugins, "))
  }

  /// The package's own tests against the built modules; `swift test` there would compile FusionKit once more.
  private func typecheckTests(_ file: String, importing type: String, in folder: Scratch) throws {
    let flags = """
      \(BuiltModules.flags) -I '\(folder.path)' \
      -plugin-path "$(dirname "$(readlink -f "$(command -v swiftc)")")/../lib/swift/host/plugins/testing"
      """
    let source = "$(find '\(URL(filePath: file).deletingLastPathComponent().path)/../../Sources' -name '*.swift')"
    let line = """
      swiftc \(flags) -module-name \(type) -emit-module -emit-module-path '\(folder.path)/\(type).swiftmodule' \(source) \
      && swiftc \(flags) -typecheck -module-name \(type)Tests '\(file)'
      """
    let outcome = try Binary.shell(line, in: folder.path)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
  }

  /// The commands of the guide's part on packages, as they stand, with the guide's own type.
  @Test func theGuideLeadsToATrainedPlugin() throws {
    let guide = try String(contentsOfFile: Binary.package + "/docs/writing-a-fusion.md", encoding: .utf8)
    let part = try #require(guide.firstRange(of: "## Out of the tree").map { guide[$0.upperBound...] })
    let blocks = part.matches(of: /```sh\n([^`]*)```/).map { String($0.1) }
    #expect(blocks.count == 2)
    let type = try #require(guide.firstMatch(of: /```swift\n([^`]*struct GatedSumFusion[^`]*)```/)?.1)
    let home = Scratch()
    try home.write("type.swift", String(type))
    let line = """
      set -e
      export HOME='\(home.path)'
      fusionkit() { "$FUSIONKIT" "$@"; }
      \(blocks[0])
      cp ~/type.swift ~/gated-sum/Sources/GatedSumFusion/GatedSumFusion.swift
      \(blocks[1])
      """
    let outcome = try Binary.shell(line)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    for words in ["fusion gated_sum\n", "1 plugin, ", "run folder: outputs/"] {
      #expect(outcome.output.contains(words))
    }
  }
}
