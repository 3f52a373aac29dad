import FusionData
import Foundation
import Testing

/// Weights of another training as the beginning of a run: `training.initialise_from`, frozen groups, and averages, against
/// PyTorch (Tests/Fixtures/finetuning/make_finetuning.py).
@Suite struct FineTuningTests {
  static let fixtures = Binary.package + "/Tests/Fixtures/finetuning/"
  static let config = """
    name: tuned
    data:
      dataset: arrays
      root: .
      validation: 0
      train: {image: image.npy, sound: sound.npy, targets: labels.npy}
    modalities:
      image: {type: image, encoder: {type: lenet, channels: 2, blocks: 2}}
      sound: {type: vector, values: raw, encoder: {type: mlp, hidden: [6], width: 4}}
    fusion: {type: concat}
    decoder: {type: mlp, hidden: [7]}
    training:
      epochs: 1
      batch_size: 4
      shuffle: false
      select: last
      optimizer: {type: sgd, learning_rate: 0.1, momentum: 0.9}

    """

  /// A folder with the data, PyTorch's weights and the configuration; `more` stands below `training`.
  private func folder(_ more: String) throws -> Scratch {
    let folder = Scratch()
    try folder.write("a.yaml", Self.config + more.split(separator: "\n").map { "  \($0)\n" }.joined())
    for name in ["image.npy", "sound.npy", "labels.npy", "begun.safetensors", "image_alone.safetensors"] {
      try folder.write(name, bytes(Self.fixtures + name))
    }
    return folder
  }

  private func values(_ path: String) throws -> [String: [Float]] {
    let file = try SafeTensors(opening: path)
    let names = file.names.filter { !$0.hasSuffix("num_batches_tracked") }
    return try Dictionary(uniqueKeysWithValues: names.map { ($0, try file[$0]!.floats()) })
  }

  @discardableResult
  private func train(_ folder: Scratch, _ run: String, _ more: [String] = []) throws -> Outcome {
    let outcome = try Binary.run(["train", "a.yaml", "--output", "./\(run)"] + more, in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }

  @Test(arguments: [
    ("initialise_from: {model: begun.safetensors}", "tuned", Float(1e-5)),
    ("initialise_from: {encoders: begun.safetensors, decoder: begun.safetensors}", "tuned", 1e-5),
    (
      "initialise_from: {encoders.image: image_alone.safetensors, encoders.sound: begun.safetensors, "
        + "decoder: begun.safetensors}", "tuned", 1e-5
    ),
    ("initialise_from: {model: begun.safetensors}\ngroups: {encoders.image: {frozen: true}}", "frozen", 1e-5),
    ("initialise_from: {model: begun.safetensors}\naverage: {decay: 0.7}", "averaged", 1e-6),
  ])
  func threeStepsGoWherePyTorchGoes(_ more: String, _ expected: String, _ tolerance: Float) throws {
    let folder = try folder(more)
    try train(folder, "run")
    let found = try values(folder / "run/model.safetensors")
    let wanted = try values(Self.fixtures + "\(expected).safetensors")
    #expect(found.keys.sorted() == wanted.keys.sorted())
    for (name, values) in wanted {
      let difference = zip(values, found[name] ?? []).map { abs($0 - $1) }.max() ?? .infinity
      #expect(difference <= tolerance, "\(name): \(difference)")
    }
    #expect(found != (try values(Self.fixtures + "begun.safetensors")))
  }

  @Test func aRunGivesItsWeightsAndIsRecorded() throws {
    let folder = try folder("")
    try train(folder, "first")
    let first = try values(folder / "first/model.safetensors")
    // Nothing is trained: what a run begins with.
    let outcome = try train(
      folder, "second",
      ["--set", "training.epochs=0", "--set", "training.initialise_from.encoders.image=first", "--set", "seed=5"])
    let second = try values(folder / "second/model.safetensors")
    let fresh = try {
      try train(folder, "fresh", ["--set", "training.epochs=0", "--set", "seed=5"])
      return try values(folder / "fresh/model.safetensors")
    }()
    for (name, values) in second {
      #expect(values == (name.hasPrefix("encoders.image.") ? first[name] : fresh[name]), "\(name)")
    }
    #expect(first.keys.contains("encoders.image.norms.0.running_mean"))
    #expect(
      outcome.errors.contains("'encoders.image' begins with 10 tensors of first/model.safetensors"), "\(outcome.errors)"
    )
    let environment = try String(contentsOfFile: folder / "second/environment.json", encoding: .utf8)
    #expect(environment.contains(SHA256.of(try bytes(folder / "first/model.safetensors"))))
    let resolved = try String(contentsOfFile: folder / "second/config.yaml", encoding: .utf8)
    #expect(resolved.contains("initialise_from:\n    encoders.image: first"), "\(resolved)")
  }

  @Test func aResumedRunDoesNotReadTheFileAgain() throws {
    let folder = try folder("initialise_from: {model: begun.safetensors}\naverage: {decay: 0.9}")
    try train(folder, "whole", ["--set", "training.epochs=3"])
    try train(folder, "parts")
    try FileManager.default.removeItem(atPath: folder / "begun.safetensors")
    let outcome = try Binary.run(
      ["train", "--resume", "parts", "--set", "training.epochs=3", "--threads", "2"], in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try bytes(folder / "parts/model.safetensors") == bytes(folder / "whole/model.safetensors"))
    let environment = try String(contentsOfFile: folder / "parts/environment.json", encoding: .utf8)
    #expect(environment.contains("\"initialisedFrom\""))
    // A run anew needs it.
    #expect(try Binary.run(["train", "a.yaml", "--output", "./anew"], in: folder.path).status == 2)
  }

  @Test(arguments: [
    (
      "initialise_from: {encoders.picture: begun.safetensors}", "there is no part",
      "the pipeline has no part 'encoders.picture'"
    ),
    (
      "initialise_from: {encoders: begun.safetensors, encoders.image: begun.safetensors}", "twice",
      "'encoders.image' gets its weights from two places: 'encoders' and 'encoders.image'"
    ),
    (
      "initialise_from: begun.safetensors", "no map",
      "expected a map of parts for 'training.initialise_from', got 'begun.safetensors'"
    ),
    ("initialise_from: {fusion: 3}", "no path", "expected the folder of a run or a safetensors file for "),
    ("initialise_from: {fusion: begun.safetensors}", "nothing to fill", "'fusion' has no weights that could be filled"),
    (
      "initialise_from: {model: begin.safetensors}", "no file",
      "there is no run and no file 'begin.safetensors': did you mean 'begun.safetensors'?"
    ),
    ("initialise_from: {model: .}", "no run", "'.' is not the folder of a run"),
    ("initialise_from: {model: labels.npy}", "no weights", "labels.npy: "),
    (
      "initialise_from: {encoders.sound: image_alone.safetensors}", "another part",
      "image_alone.safetensors holds the weights of another model, for 'encoders.sound'"
    ),
    (
      "groups: {encoders.image: {frozen: true, learning_rate: 0.1}}", "frozen and trained",
      "'encoders.image' is frozen, and has 'learning_rate'"
    ),
    (
      "groups: {encoders: {frozen: true}, fusion: {frozen: true}, decoder: {frozen: true}}", "all frozen",
      "nothing is trained: all parts of the pipeline are frozen"
    ),
    (
      "groups: {encoders: {frozen: true}}\nobjective: [{type: task}, {type: unimodal}]", "idle objective",
      "the objective 'unimodal' is for encoders, and none of it is trained"
    ),
    (
      "groups: {decoder: {frozen: true}}\nstages: [{train: [encoders.image, decoder]}]",
      "frozen and trained by a stage", "the stage 'stage_1' trains 'decoder', which 'groups' freezes"
    ),
    ("stages: [{initialise_from: {model: begun.safetensors}}]", "in a stage", "'initialise_from' is no key of a stage"),
    (
      "groups: {encoders.video: {learning_rate: 1}}", "a group without a part",
      "the pipeline has no part 'encoders.video'"
    ),
    (
      "groups: {encoders: {}, encoders.image: {}}", "two groups",
      "'encoders.image' is in two groups: 'encoders' and 'encoders.image'"
    ),
    (
      "groups: {decoder: {learning_rate: -1}}", "negative rate",
      "expected a number of at least 0 for 'learning_rate', got -1"
    ),
    (
      "groups: {decoder: {weight_decay: .nan}}", "decay of NaN",
      "expected a number of at least 0 for 'weight_decay', got"
    ),
    (
      "objective: [{type: task, weight: -1}]", "negative weight", "expected a number of at least 0 for 'weight', got -1"
    ),
    ("objective: [{type: task, weight: .nan}]", "weight of NaN", "for 'weight', got"),
    (
      "objective: [{type: unimodal, modality_weights: {sound: -1}}, {type: task}]", "negative weight of a modality",
      "expected a number of at least 0 for 'modality_weights.sound', got -1"
    ),
    ("average: {decay: 1}", "decay of 1", "expected a number from 0 to below 1 for 'decay', got 1"),
    ("average: {decay: .nan}", "decay of NaN", "expected a number from 0 to below 1 for 'decay', got"),
    ("average: {start_epoch: -1}", "negative start", "expected a whole number of at least 0 for 'start_epoch', got -1"),
  ])
  func whatCannotBeIsRefusedAtItsPlace(_ more: String, _ title: String, _ message: String) throws {
    let folder = try folder(more)
    for command in [["check", "a.yaml"], ["train", "a.yaml", "--output", "./run"]] {
      let outcome = try Binary.run(command, in: folder.path)
      #expect(outcome.status == 2, "\(title): \(command[0]) \(outcome.errors)")
      #expect(outcome.errors.contains(message), "\(title): \(command[0]) \(outcome.errors)")
      #expect(outcome.errors.contains(#/a\.yaml:\d+:\d+: error: /#), "\(title): \(command[0]) \(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder / "run"), "\(title)")
    }
  }

  /// The fusion is trained, and has no parameters.
  @Test func aRunThatWouldTrainNothingIsRefused() throws {
    let folder = try folder("groups: {encoders: {frozen: true}, decoder: {frozen: true}}")
    for command in ["check", "train"] {
      let outcome = try Binary.run([command, "a.yaml"], in: folder.path)
      #expect(outcome.status == 2)
      #expect(
        outcome.errors.contains("a.yaml:18:11: error: nothing is trained: every part that has parameters is frozen"),
        "\(outcome.errors)")
    }
  }

  /// Names that are missing, names that are too many, and shapes, of all parts.
  @Test func everythingThatDoesNotFitIsListedAtOnce() throws {
    let folder = try folder("initialise_from: {encoders.image: begun.safetensors, decoder: begun.safetensors}")
    let changes = ["modalities.image.encoder.blocks=3", "decoder.hidden=[9, 7]"].flatMap { ["--set", $0] }
    for command in [["check", "a.yaml"], ["train", "a.yaml"]] {
      let outcome = try Binary.run(command + changes, in: folder.path)
      #expect(outcome.status == 2)
      for text in [
        "missing in the file (5):", "encoders.image.convs.2.weight", "encoders.image.norms.2.running_var",
        "missing in the file (2):", "decoder.layers.2.weight",
        "decoder.layers.0.weight: float32 [7, 20], expected float32 [9,",
      ] { #expect(outcome.errors.contains(text), "\(text)\n\(outcome.errors)") }
    }
    let fewer = try Binary.run(["check", "a.yaml", "--set", "decoder.hidden=[]"], in: folder.path)
    #expect(fewer.status == 2 && fewer.errors.contains("not in the model (2):"), "\(fewer.errors)")
  }

  /// An encoder learned from values that were standardised in one way, and goes on with those.
  @Test func meanAndDeviationComeWithTheirEncoder() throws {
    let folder = try folder("")
    let standardised = ["modalities.sound.values=standardise", "training.epochs=0"].flatMap { ["--set", $0] }
    try train(folder, "few", standardised + ["--set", "data.limit=6"])
    try train(folder, "all", standardised)
    let source = ["--set", "training.initialise_from.encoders.sound=few"]
    let outcome = try train(folder, "tuned", standardised + source)
    let bare = try train(
      folder, "bare", standardised + ["--set", "training.initialise_from.encoders.sound=begun.safetensors"])
    let runs = try ["few", "all", "tuned", "bare"].map { try values(folder / "\($0)/model.safetensors") }
    for name in ["modalities.sound.standardise.mean", "modalities.sound.standardise.deviation"] {
      #expect(runs[0][name] != nil && runs[0][name] != runs[1][name])
      #expect(runs[2][name] == runs[0][name])
      #expect(runs[3][name] == runs[1][name], "PyTorch's file has none: those of the training part")
    }
    #expect(runs[3]["encoders.sound.layers.0.weight"] != runs[1]["encoders.sound.layers.0.weight"])
    #expect(
      !outcome.errors.contains("by the training part's mean") && bare.errors.contains("by the training part's mean"))
  }

  @Test func anUnfinishedRunGivesNothing() throws {
    let folder = try folder("initialise_from: {model: run}")
    try train(folder, "run", ["--set", "training.initialise_from=null"])
    let summary = try String(contentsOfFile: folder / "run/metrics.json", encoding: .utf8)
    try folder.write("run/metrics.json", summary.replacing("\"finished\"", with: "\"interrupted\""))
    let outcome = try Binary.run(["check", "a.yaml"], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("the run 'run' is not finished"), "\(outcome.errors)")
  }

  @Test func aRunSaysWhatIsFrozen() throws {
    let folder = try folder("groups: {encoders: {frozen: true}}")
    let outcome = try train(folder, "run")
    #expect(
      outcome.errors.contains("frozen: encoders.image, encoders.sound; 171 of 369 parameters are trained"),
      "\(outcome.errors)")
    #expect(outcome.errors.contains("encodings of 12 samples"), "\(outcome.errors)")
    let summary = try String(contentsOfFile: folder / "run/metrics.json", encoding: .utf8)
    #expect(summary.contains("\"trained_parameters\" : 171"), "\(summary)")
  }
}
