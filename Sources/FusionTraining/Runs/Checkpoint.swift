import FusionConfig
import FusionCore
import FusionData
import Foundation

/// The place of a run between two steps: all that is not a tensor.
struct TrainerState: Codable, Equatable {
  /// Epochs completed.
  var epoch = 0
  /// The number of epochs that the configuration asked for.
  var plannedEpochs = 0
  /// Steps done since the beginning.
  var step = 0
  /// The sums of an epoch that was interrupted; zero between epochs.
  var tally = RunningMetrics()
  /// A row per completed epoch.
  var history: [EpochRecord] = []
  /// Finds the best epoch; nil where the last one is kept.
  var selection: MetricMonitor?
  /// Tells when to stop early; nil: never.
  var stopping: MetricMonitor?
  /// Seconds spent so far, over all parts of a resumed run.
  var wallSeconds = 0.0
  /// Samples trained on in completed epochs, and the seconds that took.
  var trainedSamples = 0
  var trainedSeconds = 0.0
  /// The stage under way, from 0, which epochs, steps and history are counted in; nil where there are no stages.
  var stage: Int?
  /// The stages before it.
  var finished: [StageRecord]?
  /// What the schedule of the learning rate remembers; nil: nothing.
  var schedule: [String: Double]?
}

/// The result of a stage that is over.
struct StageRecord: Codable, Equatable {
  var name: String
  var history: [EpochRecord]
  var bestEpoch: Int
  var trainedSamples: Int
  var trainedSeconds: Double
}

/// What an epoch has come to so far.
struct RunningMetrics: Codable, Equatable {
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
/// Tensors: `model/<name>`, `best/<name>` (the best model so far), `average/<name>` (averaged weights), `optimizer/<name>`. The place in the run is JSON in
/// the file's metadata, beside a checksum of the whole file; random numbers need no state, because they are functions of
/// seed, epoch and step.
struct Checkpoint {
  private let file: SafeTensors
  /// The place in the run.
  let position: TrainerState

  /// Files of the first format have no checksum.
  private static let (format, unsealedFormat) = ("fusionkit-checkpoint-2", "fusionkit-checkpoint-1")

  static func save(
    _ store: ParameterStore, best: [Tensor]?, average: WeightAverage? = nil, optimizer: ParameterGroups,
    position: TrainerState, fingerprint: String,
    to path: String
  ) throws(DataError) {
    var items = store.parameters.map { SafeTensors.Item("model/" + $0.name, $0.value) }
    if let best { items += zip(store.parameters, best).map { SafeTensors.Item("best/" + $0.name, $1) } }
    items += (average?.state ?? []).map { SafeTensors.Item("average/" + $0.name, $0.tensor) }
    items += optimizer.state.map { SafeTensors.Item("optimizer/" + $0.name, $0.tensor) }
    let metadata = ["format": format, "configuration": fingerprint, "position": prettyJSON(position)]
    try SafeTensors.write(items, metadata: metadata, sealed: true, to: path, links: .replaced)
  }

  /// Opens a checkpoint and makes sure that it is whole.
  ///
  /// - Throws: ``CheckpointError``; ``RunFolderError/unreadable(file:reason:)`` where the file may well be whole.
  init(opening path: String) throws {
    guard access(path, R_OK) == 0 else {
      throw RunFolderError.unreadable(file: path, reason: String(cString: strerror(errno)))
    }
    do {
      file = try SafeTensors(opening: path)
    } catch { throw CheckpointError(damaged: path, error.problems.map(\.reason).joined(separator: "; ")) }
    let seal = try file.checkSeal()
    guard seal != .broken, seal != .none || file.metadata["format"] != Self.format else {
      throw CheckpointError(damaged: path)
    }
    guard let format = file.metadata["format"], [Self.format, Self.unsealedFormat].contains(format),
      let text = file.metadata["position"],
      let position = try? JSONDecoder().decode(TrainerState.self, from: Data(text.utf8))
    else { throw CheckpointError(file: path, "it is not a checkpoint of this version of FusionKit") }
    self.position = position
  }

  /// Another configuration than the one that the checkpoint was made with.
  var otherConfiguration: CheckpointError {
    CheckpointError(
      file: file.path,
      "it was trained with another configuration than the run's config.yaml: only training.epochs may change, with stages "
        + "those of the last one, and data.root")
  }

  /// Fills model and optimizer.
  ///
  /// - Parameter fingerprints: of the configuration; one of them has to be the checkpoint's.
  /// - Returns: the best model so far, if there is one.
  /// - Throws: ``CheckpointError`` or `DataError`; the model is unchanged then.
  func restore(
    into store: ParameterStore, average: WeightAverage? = nil, optimizer: ParameterGroups, fingerprints: [String],
    device: Device
  ) throws -> [Tensor]? {
    let expected = store.parameters
    func section(_ prefix: String, _ expected: [Parameter]) throws -> [[Float]] {
      let names = file.names.filter { $0.hasPrefix(prefix) }
      return try TensorMatch(file: file, names: names, prefix: prefix, expected: expected).tensors()
    }
    let model = try section("model/", expected)
    guard let found = file.metadata["configuration"], fingerprints.contains(RenamedKeys.current(found)) else {
      throw otherConfiguration
    }
    let best = try file.names.contains { $0.hasPrefix("best/") } ? section("best/", expected) : nil
    // Before its first epoch there is none.
    let averages = try average.flatMap { average in
      try file.names.contains { $0.hasPrefix("average/") } ? section("average/", average.averaged) : nil
    }
    let problems = optimizer.restore(
      try file.names.filter { $0.hasPrefix("optimizer/") }.map { name in
        let array = file[name]!
        return (String(name.dropFirst(10)), Tensor(try array.floats(), shape: array.shape, device: device))
      })
    guard problems.isEmpty else {
      var error = CheckpointError(file: file.path)
      error.other = problems
      throw error
    }
    for (parameter, values) in zip(store.parameters, model) { parameter.value.storage.copy(values) }
    if let averages { average?.restore(averages) }
    return best.map { zip($0, expected).map { Tensor($0, shape: $1.value.shape, device: device) } }
  }
}

extension RunFolder {
  /// Keeps the checkpoint under its second name, before the next one takes the first: should that be damaged on the disk,
  /// this one is left. On file systems without hard links there is no second name.
  func keepCheckpoint() {
    let name = "\(previousCheckpoint).partial-\(getpid())"
    unlink(name)
    guard link(checkpoint, name) == 0 else { return }
    rename(name, previousCheckpoint)
    // Where both were the same file already, the system has left the name.
    unlink(name)
  }

  /// Opens the checkpoint; the one before it where the last one is not there.
  ///
  /// - Throws: ``CheckpointError`` that tells the way out.
  func openCheckpoint() throws -> Checkpoint {
    let hasLast = access(checkpoint, F_OK) == 0 || errno != ENOENT
    do {
      return try Checkpoint(opening: hasLast ? checkpoint : previousCheckpoint)
    } catch var error as CheckpointError where error.isDamaged {
      if hasLast, let position = try? Checkpoint(opening: previousCheckpoint).position {
        error.other.append(
          "the checkpoint before it, after epoch \(position.epoch), is whole: remove the damaged one, "
            + "'rm \(checkpoint)', and resume again to go on from there to the same result")
      } else {
        error.other.append(
          "nothing was changed: copy it again from where it came, or start anew with: \(commandToStartAnew)")
      }
      throw error
    }
  }
}
