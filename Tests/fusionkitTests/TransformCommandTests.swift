import Foundation
import Testing

/// Transforms by name: of this package and of a library, in training and as corruption.
@Suite struct TransformCommandTests {
  private static let example = Binary.package + "/Examples/OutOfTreeTransform"

  private static let built = Result {
    let library = Scratch.shared / "lib/libTimeWarp.so"
    let outcome = try Binary.run(["plugin", "build", example, "-o", library])
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "\(library): transform time_warp\n")
    #expect(outcome.errors == "", "it compiles without warnings")
    return library
  }

  @Test func theExampleKeepsTheRulesTrainsAndCorrupts() throws {
    let library = try Self.built.get()
    let rules = try Binary.run(["conformance", "--plugin", library])
    #expect(rules.status == 0, "\(rules.output)")
    #expect(rules.output.contains("✔ transform time_warp "))
    #expect(try Binary.run(["list", "transforms", "--plugin", library]).output.contains("\n  time_warp "))
    let described = try Binary.run(["describe", "time_warp", "--plugin", library]).output
    #expect(described.contains("strength  strength"), "\(described)")
    #expect(try Binary.run(["schema", "--plugin", library]).output.contains("\"time_warp\""))
    let source = Self.example + "/Sources/TimeWarp/TimeWarp.swift"
    #expect(try String(contentsOfFile: source, encoding: .utf8).split(separator: "\n").count < 60)

    let folder = Scratch()
    let text = try String(contentsOfFile: Self.example + "/configs/time_warp.yaml", encoding: .utf8)
    try folder.write("warp.yaml", text.replacing("../.build/libTimeWarp.so", with: library))
    let set = ["--set", "data.root=\(try DemoData.folder())", "--set", "training.batch_size=20"]
    func train(_ name: String, epochs: Int, threads: String = "1") throws {
      let outcome = try Binary.run(
        ["train", "warp.yaml", "--output", "./\(name)", "--threads", threads, "--set", "training.epochs=\(epochs)"]
          + set,
        in: folder.path)
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
    try train("whole", epochs: 2, threads: "2")
    try train("parts", epochs: 1)
    let resumed = try Binary.run(["train", "--resume", "parts", "--set", "training.epochs=2"], in: folder.path)
    try #require(resumed.status == 0, "\(resumed.errors)")
    #expect(try bytes(folder / "parts/model.safetensors") == bytes(folder / "whole/model.safetensors"))

    // The run names its library, so the corruption needs no --plugin.
    let clean = try metrics(["whole"], in: folder)
    #expect(try metrics(["whole", "--corrupt", "audio=time_warp:0"], in: folder) == clean)
    #expect(try metrics(["whole", "--corrupt", "audio=time_warp:0.9"], in: folder) != clean)
  }

  private func metrics(_ arguments: [String], in folder: Scratch) throws -> [String: Double] {
    let outcome = try Binary.run(["evaluate", "--json"] + arguments, in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    return try #require(object?["metrics"] as? [String: Double])
  }

  @Test func aReportSaysWhatWasCorrupted() throws {
    let folder = Scratch()
    try VectorData.write(to: folder)
    try #require(try Binary.run(["train", "tiny.yaml", "--output", "./run"], in: folder.path).status == 0)
    let clean = try metrics(["run"], in: folder)
    let report = try Binary.run(["evaluate", "run", "--corrupt", "a=gaussian_noise:0.5"], in: folder.path)
    #expect(report.status == 0, "\(report.errors)")
    #expect(report.output.contains("\n\ncorrupted: a by gaussian_noise, std: 0.5\n\n"), "\(report.output)")
    let json = try Binary.run(
      ["evaluate", "run", "--json", "--corrupt", "a=gaussian_noise:2", "--corrupt", "{type: gaussian_noise, std: 1}"],
      in: folder.path)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let rows = try #require(object["corruptions"] as? [[String: Any]])
    #expect(rows.map { $0["modality"] as? String } == ["a", nil])
    #expect(rows.map { $0["type"] as? String } == ["gaussian_noise", "gaussian_noise"])
    #expect(rows.map { $0["strength"] as? Double } == [2, 1])
    let noisy = try #require(object["metrics"] as? [String: Double])
    #expect(noisy != clean)
    // The same draws again, whatever the number of threads; none of strength 0; other samples with another seed.
    let same = ["run", "--corrupt", "a=gaussian_noise:2", "--corrupt", "gaussian_noise:1", "--threads", "2"]
    #expect(try metrics(same, in: folder) == noisy)
    #expect(try metrics(["run", "--corrupt", "b=gaussian_noise:0"], in: folder) == clean)
    let subsets = try Binary.run(
      ["evaluate", "run", "--subsets", "--corrupt", "a=gaussian_noise:0.5"], in: folder.path)
    #expect(subsets.output.contains("corrupted: a by gaussian_noise, std: 0.5"), "\(subsets.errors)")
    #expect(!(try Binary.run(["evaluate", "run"], in: folder.path).output.contains("corrupted")))
  }

  @Test(arguments: [
    ("a=gaussian_nose:0.5", "unknown transform 'gaussian_nose': did you mean 'gaussian_noise'?"),
    ("c=gaussian_noise:0.5", "there is no modality 'c'"),
    ("a=gaussian_noise:-1", "expected a number of at least 0 for the strength ('std'), got '-1'"),
    ("a=gaussian_noise:nan", "expected a number of at least 0 for the strength ('std'), got 'nan'"),
    ("a=gaussian_noise:inf", "expected a number of at least 0"),
    ("a=gaussian_noise:", "expected a number of at least 0"),
    ("a=gaussian_noise:much", "got 'much'"),
    ("a=random_shift:0.5", "expected a whole number from 0 to 65536 for 'pixels', got 0.5"),
    ("a={type: gaussian_noise, sdt: 1}", "unknown key 'sdt'"),
    ("a={type: gaussian_noise", "did not find expected ',' or '}'"),
    ("a=time_mask:3", "'time_mask' does not suit 'a', whose samples have the shape [5]"),
    ("a=", "unknown transform ''"),
    ("", "unknown transform ''"),
  ])
  func aWrongCorruptionIsRefused(_ corruption: String, _ message: String) throws {
    let run = try Self.run.get()
    let outcome = try Binary.run(["evaluate", run, "--corrupt", corruption], in: Scratch.shared.path)
    #expect(outcome.status == 2 && outcome.output == "", "\(outcome.output)")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
  }

  private static let run = Result {
    let folder = Scratch()
    try VectorData.write(to: folder)
    let run = Scratch.shared / "corrupted-run"
    // Relative paths of data are those of the folder that commands run in.
    let trained = try Binary.run(
      ["train", "tiny.yaml", "--output", run, "--set", "data.root=\(folder.path)"], in: folder.path)
    try #require(trained.status == 0, "\(trained.errors)")
    return run
  }

  @Test(arguments: [
    ("modalities.a.transforms=[{type: gaussian_nose}]", "unknown transform 'gaussian_nose'\n"),
    ("modalities.a.transforms=[{type: gaussian_nose}]", "did you mean 'gaussian_noise'?"),
    ("data.transforms=[{type: time_msak}]", "unknown transform 'time_msak'"),
    ("data.transforms={type: gaussian_noise}", "expected a list of transforms for 'data.transforms', got a map"),
    ("modalities.a.transforms=gaussian_noise", "expected a list of transforms for 'modalities.a.transforms'"),
    ("modalities.a.transforms=[{type: gaussian_noise, std: -0.1}]", "std"),
    ("modalities.a.transforms=[{type: gaussian_noise, std: .nan}]", "std"),
    ("modalities.a.transforms=[{type: random_erasing, scale: [0.5, 0.1]}]", "the smaller one first"),
    ("modalities.a.transforms=[{type: time_mask}]", "'time_mask' does not suit 'a', whose samples have the shape [5]"),
    (
      "data.transforms=[{type: random_erasing}]", "'random_erasing' does not suit 'b', whose samples have the shape [4]"
    ),
    ("modalities.a.augmentations=[]", "did you mean 'transforms'?"), ("data.augment=[]", "did you mean 'transforms'?"),
    ("modalities.a.encoder.transforms=[]", "unknown key 'transforms'"),
  ])
  func aWrongTransformIsToldAtItsPlace(_ setting: String, _ message: String) throws {
    let folder = Scratch()
    try VectorData.write(to: folder)
    for command in [["check", "tiny.yaml"], ["train", "tiny.yaml", "--output", "./run"]] {
      let outcome = try Binary.run(command + ["--set", setting], in: folder.path)
      #expect(outcome.status == 2, "\(outcome.errors)")
      #expect(outcome.errors.contains(message) && outcome.errors.contains("--set "), "\(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder / "run"))
  }

  @Test func extendsAndSetKnowThem() throws {
    let folder = Scratch()
    try VectorData.write(to: folder)
    try folder.write(
      "more.yaml", "extends: tiny.yaml\nmodalities: {a: {transforms: [{type: gaussian_noise, std: 0.3}]}}\n")
    let settings = ["--set", "modalities.a.transforms.0.std=0.4"]
    let outcome = try Binary.run(["train", "more.yaml", "--output", "./run"] + settings, in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let resolved = try String(contentsOfFile: folder / "run/config.yaml", encoding: .utf8)
    #expect(resolved.contains("transforms:") && resolved.contains("std: 0.4"), "\(resolved)")
    let overview = try Binary.run(["describe", "more.yaml"], in: folder.path).output
    #expect(overview.contains("\nmodalities.a.transforms.0            gaussian_noise"), "\(overview)")
    #expect(!(try Binary.run(["describe", "tiny.yaml"], in: folder.path).output.contains("transform")))
    let described = try Binary.run(["describe", "more.yaml", "--json"], in: folder.path)
    #expect(described.output.contains("\"modalities.a.transforms.0\" : \"gaussian_noise\""), "\(described.output)")
  }
}
