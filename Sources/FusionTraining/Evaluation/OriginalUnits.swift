import FusionCore

// A regression on standardised targets is trained in units of their deviations and told in their own.

extension TaskLoss {
  /// The model's outputs in the units of the targets. Shape: `[N, K]`, as the outputs'.
  func original(_ outputs: Tensor) -> Tensor { targets?.original(outputs) ?? outputs }

  /// Values in units of the deviations, brought to the units of the targets without their mean. Shapes: `[N, K]` both.
  func stretched(_ values: Tensor) -> Tensor {
    guard let deviations = targets?.deviations else { return values }
    return Tensor(
      values.scalars.enumerated().map { Float(Double($1) * deviations[$0 % deviations.count]) }, shape: values.shape,
      device: values.device)
  }

  /// The mean loss of a regression in the units of its targets: of squared and absolute errors, that of the errors in
  /// these units; of Huber's, with a `delta` of so many deviations, s² times that of a target of deviation s.
  ///
  /// - Parameter targets: standardised, as the outputs are; both `[N, K]`.
  func told(_ outputs: Tensor, targets: Tensor) -> Double {
    guard let deviations = self.targets?.deviations else {
      return Double(loss(outputs, classes: [], targets: targets).item)
    }
    // In double precision: the square of a miss of 1e20 is no float.
    var sum = 0.0
    for (place, (output, target)) in zip(outputs.scalars, targets.scalars).enumerated() {
      let (miss, deviation) = (abs(Double(output) - Double(target)), deviations[place % deviations.count])
      switch loss {
      case .absolute: sum += deviation * miss
      case .huber(let delta):
        sum += deviation * deviation * (miss < delta ? miss * miss / 2 : delta * (miss - delta / 2))
      case .squared, .crossEntropy, .binaryCrossEntropy: sum += deviation * deviation * miss * miss
      }
    }
    return sum / Double(max(outputs.count, 1))
  }
}
