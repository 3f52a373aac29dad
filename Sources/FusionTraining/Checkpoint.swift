import FusionCore
import FusionData
import Foundation

/// The place of a run between two steps: all that is not a tensor.
struct RunPosition: Codable, Equatable {
  /// Epochs completed.
  var epoch = 0
  /// The number of epochs that the configuration asked for.
  var plannedEpochs = 0
  /// Steps done since the beginning.
  var step = 0
  /// The sums of an epoch that was interrupted; zero between epochs.
  var tally = EpochTally()
  /// A row per completed epoch.
  var history: [EpochRecord] = []
  /// Finds the best epoch; nil where the last one is kept.
  var selection: MetricWatch?
  /// Tells when to stop early; nil: never.
  var stopping: MetricWatch?
  /// Seconds spent so far, over all parts of a resumed run.
  var wallSeconds = 0.0
  /// Samples trained on in completed epochs, and the seconds that took.
  var trainedSamples = 0
  var trainedSeconds = 0.0
  /// The stage under way, from 0, which epochs, steps and history are counted in; nil where there are no stages.
  var stage: Int?
  /// The stages before it.
  var finished: [StageRecord]?
}

/// What a stage came to that is over.
struct StageRecord: Codable, Equatable {
  var name: String
  var history: [EpochRecord]
  var bestEpoch: Int
  var trainedSamples: Int
  var trainedSeconds: Double
}

/// What an epoch has come to so far.
struct EpochTally: Codable, Equatable {
  /// Batches done: where the loader goes on.
  var batches = 0
  var samples = 0
  /// The sum of the batches' mean losses, each times its samples.
  var loss = 0.0
  /// Samples that were classified correctly, in training mode.
  var correct = 0
  /// Seconds of training.
  var seconds = 0.0
  /// The sums of further values of the batches, each times its samples; nil: none so far.
  var sums: [String: Sum]?

  /// A sum over samples.
  struct Sum: Codable, Equatable {
    var total = 0.0
    var samples = 0
  }

  /// Takes note of a value that is the mean of `count` samples.
  mutating func add(_ value: Double, of count: Int, to name: String) {
    var sum = sums?[name] ?? Sum()
    sum.total += value * Double(count)
    sum.samples += count
    sums = (sums ?? [:]).merging([name: sum]) { $1 }
  }

  /// The means of ``sums``.
  var means: [String: Double] { (sums ?? [:]).mapValues { $0.total / Double(max($0.samples, 1)) } }
}

/// Everything that a run needs to go on to the same bits, in one file: a rename replaces the last checkpoint by the
/// next one, and at every moment one of them is whole.
///
/// The store holds what lives in a stage alone, too: its mirrors or heads.
///
/// Tensors: `model/<name>`, `best/<name>` (the best model so far), `optimizer/<name>`. The place in the run is JSON in
/// the file's metadata; random numbers need no state, because they are functions of seed, epoch and step.
enum Checkpoint {
  private static let format = "fusionkit-checkpoint-1"

  static func save(
    _ store: ParameterStore, best: [Tensor]?, optimizer: any Optimizer, position: RunPosition, fingerprint: String,
    to path: String
  ) throws(DataError) {
    var items = store.parameters.map { SafeTensors.Item("model/" + $0.name, $0.value) }
    if let best { items += zip(store.parameters, best).map { SafeTensors.Item("best/" + $0.name, $1) } }
    items += optimizer.state.map { SafeTensors.Item("optimizer/" + $0.name, $0.tensor) }
    let metadata = ["format": format, "configuration": fingerprint, "position": prettyJSON(position)]
    try SafeTensors.write(items, metadata: metadata, to: path)
  }

  /// The place in the run that a checkpoint holds.
  ///
  /// - Throws: ``CheckpointError`` or `DataError`.
  static func position(in path: String) throws -> RunPosition { try opened(path).position }

  private static func opened(_ path: String) throws -> (file: SafeTensors, position: RunPosition) {
    let file = try SafeTensors(opening: path)
    guard file.metadata["format"] == format, let text = file.metadata["position"],
      let position = try? JSONDecoder().decode(RunPosition.self, from: Data(text.utf8))
    else { throw CheckpointError(file: path, "it is not a checkpoint of this version of FusionKit") }
    return (file, position)
  }

  /// Another configuration than the one that the checkpoint was made with.
  static func otherConfiguration(_ path: String) -> CheckpointError {
    CheckpointError(
      file: path,
      "it was trained with another configuration than the run's config.yaml: only training.epochs may change, with stages "
        + "those of the last one")
  }

  /// Fills model and optimizer.
  ///
  /// - Returns: the best model so far, if there is one, and the place in the run.
  /// - Throws: ``CheckpointError`` or `DataError`; the model is unchanged then.
  static func load(
    _ path: String, into store: ParameterStore, optimizer: any Optimizer, fingerprint: String, device: Device
  ) throws -> (best: [Tensor]?, position: RunPosition) {
    let (file, position) = try opened(path)
    let expected = store.parameters
    func section(_ prefix: String) throws -> [[Float]] {
      let names = file.names.filter { $0.hasPrefix(prefix) }
      return try TensorMatch(file: file, names: names, prefix: prefix, expected: expected).tensors()
    }
    let model = try section("model/")
    guard file.metadata["configuration"] == fingerprint else { throw otherConfiguration(path) }
    let best = try file.names.contains { $0.hasPrefix("best/") } ? section("best/") : nil
    let problems = optimizer.restore(
      try file.names.filter { $0.hasPrefix("optimizer/") }.map { name in
        let array = file[name]!
        return (String(name.dropFirst(10)), Tensor(try array.floats(), shape: array.shape, device: device))
      })
    guard problems.isEmpty else {
      var error = CheckpointError(file: path)
      error.other = problems
      throw error
    }
    for (parameter, values) in zip(store.parameters, model) { parameter.value.storage.copy(values) }
    return (best.map { zip($0, expected).map { Tensor($0, shape: $1.value.shape, device: device) } }, position)
  }
}
