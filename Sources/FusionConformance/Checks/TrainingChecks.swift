import FusionCore
import Optimizers

extension Check {
  static let training = [
    Check(
      "TRN-1", "overfits 16 samples, by all inputs together and by each of them alone",
      protects: "components that run, and learn nothing, or nothing of one modality", level: .configuration
    ) { specimen, findings in
      guard let shape = specimen.output else { return }
      let trial = BuiltComponent(specimen, seed: findings.seed)
      guard trial.evaluate(trial.inputs(batch: 2)).shape == [2] + shape else { return }  // SHP-1, DEC-1
      overfit(OverfittingTask(trial, shape), "", &findings)
      guard specimen.inputs.count > 1 else { return }
      for (index, input) in specimen.inputs.enumerated() {
        let task = OverfittingTask(BuiltComponent(specimen, seed: findings.seed), shape, telling: index)
        overfit(task, input.modality, &findings)
      }
    }
  ]

  /// - Parameter modality: the only one that tells the classes apart; empty: all do.
  private static func overfit(_ task: OverfittingTask, _ modality: String, _ findings: inout Findings) {
    let result = task.run()
    guard !result.isGood else { return }
    findings.within(modality.isEmpty ? "" : "only '\(modality)' tells the classes apart") {
      $0.fail(
        "after \(result.steps) steps of Adam \(result.right) of \(OverfittingTask.samples) samples are classified right, "
          + "loss \(short(result.loss))   expected all of them, loss below \(short(OverfittingTask.wantedLoss))",
        hint: modality.isEmpty
          ? "does the output depend on the inputs, and do training and evaluation compute the same?"
          : "does the output depend on '\(modality)'?")
    }
  }
}

/// Sixteen samples of two classes, each around a point of its own, and a linear layer behind the component where it does
/// not classify itself. Where one input is to tell the classes apart, the others are the same for all samples.
private struct OverfittingTask {
  static let samples = 16
  /// Half way from guessing, ln 2, to certainty; guessing right by a hair is no learning.
  static let wantedLoss: Float = 0.35
  private static let rounds = 40
  private static let stepsPerRound = 10

  private let trial: BuiltComponent
  private let inputs: [Tensor]
  private let labels: [Int]
  private let store = ParameterStore()
  private let head: Linear?
  private let isDecoder: Bool

  /// - Parameter index: the only input that tells the classes apart; nil: all do.
  init(_ trial: BuiltComponent, _ shape: Shape, telling index: Int? = nil) {
    self.trial = trial
    let labels = (0..<Self.samples).map { $0 % 2 }
    self.labels = labels
    let points = trial.inputs(batch: 2, draw: 1)
    let noise = trial.inputs(batch: Self.samples, draw: 2)
    inputs = points.indices.map { input in
      guard index == nil || index == input else { return points[input].rows(labels.map { _ in 0 }) }
      return points[input].rows(labels) + noise[input] * 0.1
    }
    isDecoder = trial.specimen.kind == .decoder && shape.elementCount > 1
    head =
      isDecoder
      ? nil
      : Linear(
        inputs: shape.elementCount, outputs: 2, context: BuildContext(store: store, device: trial.device, seed: 1))
  }

  /// How it went in the end.
  struct Result {
    var right = 0
    var loss = Float.infinity
    var steps = 0
    var isGood: Bool { right == OverfittingTask.samples && loss < OverfittingTask.wantedLoss }
  }

  /// Trains until all samples are right and the loss says so too, or the steps are used up.
  func run() -> Result {
    var settings = Adam.Configuration()
    settings.learningRate = 0.01
    let optimizer = Adam(settings, parameters: trial.store.trainable + store.trainable)
    var result = Result()
    for round in 1...Self.rounds {
      for step in 0..<Self.stepsPerRound { train(optimizer, step: round * Self.stepsPerRound + step) }
      let logits = self.logits(ForwardPass.evaluation(device: trial.device))
      result.steps = round * Self.stepsPerRound
      result.loss = logits.crossEntropy(labels).scalars[0]
      result.right = labels.indices.count { row in
        let scores = (0..<2).map { logits.storage.values[row * logits.shape[1] + $0] }
        return scores[labels[row]] > scores[1 - labels[row]]
      }
      if result.isGood { break }
    }
    return result
  }

  private func train(_ optimizer: Adam, step: Int) {
    let pass = ForwardPass.training(device: trial.device, seed: 1, step: step)
    trial.store.clearGradients()
    store.clearGradients()
    let loss = logits(pass).crossEntropy(labels)
    pass.tape?.backward(from: loss)
    optimizer.step()
  }

  /// `[samples, classes]`.
  private func logits(_ pass: ForwardPass) -> Tensor {
    let output = trial(inputs, pass)
    let flat = output.reshaped([Self.samples, output.count / Self.samples])
    return head.map { $0(flat, pass) } ?? flat
  }
}
