import FusionCore

extension Check {
  static let training = [
    Check(
      "TRN-1", "overfits 16 samples", protects: "components that run, and learn nothing", level: .configuration
    ) { specimen, findings in
      guard let shape = specimen.output else { return }
      let trial = Trial(specimen, seed: findings.seed)
      guard trial.evaluate(trial.inputs(batch: 2)).shape == [2] + shape else { return }  // SHP-1, DEC-1
      let task = OverfittingTask(trial, shape)
      let (right, steps) = task.run()
      if right < OverfittingTask.samples {
        findings.fail(
          "after \(steps) steps of Adam \(right) of \(OverfittingTask.samples) samples are classified right"
            + "   expected all of them",
          hint: "does the output depend on the inputs, and does training and evaluation compute the same?")
      }
    }
  ]
}

/// Sixteen samples of two classes, each around a point of its own, and a linear layer behind the component where it does
/// not classify itself.
private struct OverfittingTask {
  static let samples = 16
  private static let rounds = 40
  private static let stepsPerRound = 10

  private let trial: Trial
  private let inputs: [Tensor]
  private let labels: [Int]
  private let store = ParameterStore()
  private let head: Linear?
  private let isDecoder: Bool

  init(_ trial: Trial, _ shape: Shape) {
    self.trial = trial
    let labels = (0..<Self.samples).map { $0 % 2 }
    self.labels = labels
    let points = trial.inputs(batch: 2, draw: 1)
    inputs = zip(points, trial.inputs(batch: Self.samples, draw: 2)).map { points, noise in
      points.rows(labels) + noise * 0.1
    }
    isDecoder = trial.specimen.kind == .decoder && shape.elementCount > 1
    head =
      isDecoder
      ? nil
      : Linear(
        inputs: shape.elementCount, outputs: 2, context: BuildContext(store: store, device: trial.device, seed: 1))
  }

  /// How many samples are right in the end, and after how many steps.
  func run() -> (right: Int, steps: Int) {
    let optimizer = Adam(trial.store.trainable + store.trainable, learningRate: 0.01)
    var right = 0
    for round in 1...Self.rounds {
      for step in 0..<Self.stepsPerRound { train(optimizer, step: round * Self.stepsPerRound + step) }
      let logits = self.logits(ForwardPass.evaluation(device: trial.device))
      right = labels.indices.count { row in
        let scores = (0..<2).map { logits.storage.values[row * logits.shape[1] + $0] }
        return scores[labels[row]] > scores[1 - labels[row]]
      }
      if right == Self.samples { return (right, round * Self.stepsPerRound) }
    }
    return (right, Self.rounds * Self.stepsPerRound)
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
