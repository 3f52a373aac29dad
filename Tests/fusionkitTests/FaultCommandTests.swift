import Foundation
import Testing

/// Every command under faults: it ends well, or leaves what was there whole, and the next attempt ends the same.
/// Each fault comes once here, at one call or another; `make faults` takes all calls.
@Suite(.enabled(if: Faults.areAvailable)) struct FaultCommandTests {
  private static let run = ["config.yaml", "model.safetensors", "predictions.csv"].map { "run/" + $0 }
  private static let train = ["train", "tiny.yaml", "--output", "./run", "--quiet"]
  private static let resume = ["train", "--resume", "run", "--quiet"]

  /// A configuration, and a run of it.
  private static func trained(_ folder: Scratch, _ more: [String] = []) throws {
    try folder.write("tiny.yaml", DemoData.config(epochs: 1))
    let outcome = try Binary.run(train + more, in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  private static let cases: [FaultCase] = [
    FaultCase(
      name: "train", arguments: train, ways: [resume, train, train + ["--overwrite"]], results: run,
      prepare: { try $0.write("tiny.yaml", DemoData.config(epochs: 1)) }),
    FaultCase(
      name: "train in stages", arguments: train, ways: [resume, train, train + ["--overwrite"]], results: run,
      prepare: { try $0.write("tiny.yaml", DemoData.config(epochs: 1, more: stages)) }),
    FaultCase(
      name: "train --overwrite", arguments: train + ["--overwrite"],
      ways: [resume + ["--set", "seed=3"], train + ["--overwrite"]], results: run,
      prepare: { try trained($0, ["--set", "seed=9"]) }),
    FaultCase(
      name: "train --resume", arguments: resume, results: run,
      prepare: { folder in
        try folder.write("tiny.yaml", DemoData.config(epochs: 2))
        let fault = "rename:9:after-KILL"
        try #require(try Faults.run(train, in: folder.path, fault: fault).status == 128 + SIGKILL)
      }),
    FaultCase(
      name: "a finished run trains on", arguments: resume + ["--set", "training.epochs=2"],
      kept: ["run/model.safetensors"], results: run, prepare: { try trained($0) }),
    FaultCase(
      name: "evaluate", arguments: ["evaluate", "run"], kept: run, results: run, prepare: { try trained($0) }),
    FaultCase(
      name: "predict -o", arguments: ["predict", "run", "--data", "data", "--logits", "-o", "out.csv"],
      kept: ["out.csv"] + run,
      results: ["out.csv"],
      prepare: { folder in
        try trained(folder)
        try FileManager.default.createSymbolicLink(
          atPath: folder / "data", withDestinationPath: DemoData.folder())
        try folder.write("out.csv", "mine\n")
      }),
    FaultCase(
      name: "export", arguments: ["export", "run", "--onnx", "model.onnx", "--overwrite"], kept: ["model.onnx"] + run,
      results: ["model.onnx"],
      prepare: { folder in
        try trained(folder)
        try folder.write("model.onnx", "mine\n")
      }),
    FaultCase(
      name: "embed", arguments: ["embed", "run", "--perplexity", "8", "--output", "./points"], kept: run,
      results: ["points/fused.csv", "points/fused.svg"], prepare: { try trained($0) }),
    FaultCase(
      name: "data demo", arguments: ["data", "demo", "--out", "d", "--train", "20", "--test", "10", "--seed", "9"],
      results: ["d/image/train_data.npy", "d/audio/test_data.npy", "d/train_labels.npy", "d/recipe.json"],
      prepare: { folder in
        let old = ["data", "demo", "--out", "d", "--train", "20", "--test", "10"]
        try #require(try Binary.run(old, in: folder.path).status == 0)
      }),
    FaultCase(
      name: "data build", arguments: build("1"),
      results: ["d/image/train_data.npy", "d/audio/test_data.npy", "d/train_labels.npy", "d/recipe.json"],
      prepare: { try #require(try Binary.run(build("2"), in: $0.path).status == 0) }),
  ]

  /// Commands that start others.
  private static let searches: [FaultCase] = [
    FaultCase(
      name: "sweep", arguments: sweep, below: "outputs", processes: .first, results: ["outputs/sweep-tiny/winner.yaml"],
      prepare: { try $0.write("tiny.yaml", DemoData.config(epochs: 1, more: grid)) }),
    FaultCase(
      name: "a sweep's children", arguments: sweep, below: "outputs", processes: .later,
      results: ["outputs/sweep-tiny/winner.yaml"],
      prepare: { try $0.write("tiny.yaml", DemoData.config(epochs: 1, more: grid)) }),
    FaultCase(
      name: "compare", arguments: compare, below: "outputs", processes: .first,
      results: compared.map { "outputs/compare-tiny/runs/\($0)" },
      prepare: { try $0.write("tiny.yaml", DemoData.config(epochs: 1)) }),
    FaultCase(
      name: "a comparison's children", arguments: compare, below: "outputs", processes: .later,
      results: compared.map { "outputs/compare-tiny/runs/\($0)" },
      prepare: { try $0.write("tiny.yaml", DemoData.config(epochs: 1)) }),
  ]

  private static func build(_ seed: String) -> [String] {
    let mini = Binary.package + "/Tests/Fixtures/data/mini"
    return [
      "data", "build", "avmnist", "--mnist", mini + "/mnist", "--fsdd", mini + "/fsdd", "--out", "d", "--seed", seed,
    ]
  }

  private static let stages =
    "  stages: [{name: first, objective: reconstruction, epochs: 1}, {name: last, train: [fusion, decoder], epochs: 1}]"
  private static let grid = """
    sweep:
        metric: validation.accuracy
        parameters: {training.optimizer.learning_rate: [0.05, 0.2]}
    """
  private static let sweep = ["sweep", "tiny.yaml", "--threads", "1", "--jobs", "1", "--quiet"]
  private static let compare = [
    "compare", "tiny.yaml", "--fusions", "concat,add", "--seeds", "1", "--no-single", "--jobs", "1", "--threads", "1",
    "--quiet",
  ]
  private static let compared = ["concat", "add"].flatMap { fusion in
    ["model.safetensors", "predictions.csv"].map { "\(fusion)/seed-1/\($0)" }
  }

  @Test(arguments: cases.filter { $0.name != "evaluate" } + searches)
  func killedAtAnyRenameTheNextAttemptComesToTheSameEnd(_ plan: FaultCase) throws {
    try FaultTrial(plan).killAtEveryRename()
  }

  @Test(arguments: cases) func everyCommandEndsWellOrLeavesWhatWasThere(_ plan: FaultCase) throws {
    try FaultTrial(plan).run()
  }

  @Test(arguments: searches) func everySearchEndsWellOrLeavesWhatWasThere(_ plan: FaultCase) throws {
    try FaultTrial(plan).run()
  }
}
