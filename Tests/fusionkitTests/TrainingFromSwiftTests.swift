import Foundation
import Testing

/// Examples/TrainingFromSwift: a program of somebody else that trains with FusionKit as a library.
@Suite struct TrainingFromSwiftTests {
  private static let example = Binary.package + "/Examples/TrainingFromSwift"

  /// The program, built once: from the modules and objects of this build, as `swift build` there would compile all of
  /// FusionKit again.
  private static let program = Result {
    let sources = try FileManager.default.subpathsOfDirectory(atPath: example + "/Sources")
      .filter { $0.hasSuffix(".swift") }.map { "'\(example)/Sources/\($0)'" }.joined(separator: " ")
    let objects = try BuiltModules.objects()
    let list = try Scratch.shared.write("objects.txt", objects.joined(separator: "\n"))
    let program = Scratch.shared / "TrainDigits"
    let outcome = try Binary.shell(
      "swiftc \(BuiltModules.flags) -module-name TrainDigits -o '\(program)' \(sources) '@\(list)'")
    try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.errors == "", "it compiles without warnings")
    return program
  }

  private func run(_ arguments: [String], in folder: Scratch) throws -> Outcome {
    try Child(Self.program.get(), arguments, in: folder.path).outcome()
  }

  /// The numbers and the bits of the command line.
  @Test func itTrainsAndEvaluatesAsTheCommandLineDoes() throws {
    let folder = Scratch()
    let data = try DemoData.folder()
    let outcome = try run([data, "run", "data.limit=60", "training.epochs=2"], in: folder)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.prefix(2).map { $0.prefix { $0 != "," } } == ["train: 200 samples", "test: 40 samples"])
    #expect(outcome.errors.matches(of: /epoch [12] of 2: train loss [\d.]+, validation accuracy [\d.]+\n/).count == 2)

    let again = try Binary.run(["train", "run/config.yaml", "--output", "./again"], in: folder.path)
    try #require(again.status == 0, "\(again.errors)")
    #expect(try bytes(folder / "run/model.safetensors") == bytes(folder / "again/model.safetensors"))

    let evaluated = try Binary.run(["evaluate", "again", "--metrics", "balanced_accuracy", "--json"], in: folder.path)
    // Read exactly: JSONSerialization changes the last bits.
    struct Report: Decodable { let metrics: [String: Double] }
    let metrics = try JSONDecoder().decode(Report.self, from: Data(evaluated.output.utf8)).metrics
    #expect(metrics.count > 5 && metrics["balanced_accuracy"] != nil)
    for (name, value) in metrics { #expect(lines.contains("\(name): \(value)")) }

    let predicted = try Binary.run(["predict", "again", "--data", data], in: folder.path)
    let rows = predicted.output.split(separator: "\n").dropFirst().prefix(3).map { $0.split(separator: ",") }
    #expect(rows.count == 3)
    for row in rows {
      let line = try #require(lines.first { $0.hasPrefix("sample \(row[0]): \(row[1]), probability ") })
      let probability = try #require(line.split(separator: " ").last.flatMap { Float($0) })
      #expect(probability > 0.1 && probability <= 1, "the largest of ten")
    }
  }

  /// What a user does wrong is told in the words of the command line, and nothing is written.
  @Test func mistakesAreToldInSentences() throws {
    let folder = Scratch()
    let data = try DemoData.folder()
    let cases: [(arguments: [String], words: String)] = [
      ([], "usage: TrainDigits DATA RUN"),
      (["nowhere", "run"], "nowhere"),
      ([data, "run", "training.epoch=2"], "did you mean 'epochs'?"),
      ([data, "run", "fusion.type=conkat"], "unknown fusion 'conkat'"),
      ([data, "run", "training.epochs"], "expected KEY=VALUE"),
    ]
    for (arguments, words) in cases {
      let outcome = try run(arguments, in: folder)
      #expect(outcome.status == 1 && outcome.output == "" && outcome.errors.contains(words), "\(outcome)")
      // A sentence, and not the description of a Swift value.
      #expect(!outcome.errors.contains("Error(") && !outcome.errors.contains("FusionConfig."), "\(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder / "run"))
    // A path that YAML would read as something else stays a path.
    let odd = try run(["data #1: it's [mine]", "run"], in: folder)
    #expect(odd.status == 1 && odd.errors.contains("data #1: it's [mine]"), "\(odd.errors)")
  }

  /// The manifest, which this test does not build with, names products that there are.
  @Test func itsManifestNamesProducts() throws {
    let own = try String(contentsOfFile: Self.example + "/Package.swift", encoding: .utf8)
    let names = own.matches(of: /\.product\(name: "(\w+)", package: "FusionKit"\)/).map { String($0.1) }
    #expect(names.count == 4)
    let manifest = try String(contentsOfFile: Binary.package + "/Package.swift", encoding: .utf8)
    let libraries = try #require(manifest.firstMatch(of: /let libraries = \[([^\]]*)\]/)?.1)
    for name in names { #expect(libraries.contains("\"\(name)\"")) }
  }

  /// The lines of the README, as they stand.
  @Test func theReadmesLinesCompile() throws {
    let folder = Scratch()
    let readme = try String(contentsOfFile: Binary.package + "/README.md", encoding: .utf8)
    let block = try #require(readme.firstMatch(of: /```swift\n([^`]*Registry\.standard\(\)[^`]*)```/)?.1)
    let imports = ["AllPlugins", "FusionConfig", "FusionTraining"].map { "import \($0)\n" }.joined()
    let file = try folder.write("main.swift", imports + block)
    let flags = BuiltModules.flags.replacing("-parse-as-library", with: "")
    let outcome = try Binary.shell("swiftc \(flags) -typecheck -module-name Readme '\(file)'")
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
}
