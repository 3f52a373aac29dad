import FusionConfig
import FusionCore

/// An exponential moving average of a model's weights, taken after each step of the optimizer: what is evaluated, selected
/// and saved where `training.average` asks for it.
///
/// As PyTorch's `AveragedModel` with `get_ema_multi_avg_fn` (torch/optim/swa_utils.py): the first average is the weights
/// after the first step; from then on `average + (1 - decay) · (weight - average)`. Buffers, such as the statistics of a batch
/// norm, are the model's own, as there with `use_buffers=False`.
final class WeightAverage {
  private let settings: AverageSettings
  private let parameters: [Parameter]
  /// The parameters that have an average, buffers left out, in order.
  let averaged: [Parameter]
  /// The averages of the weights, in order; nil before the first.
  private var averages: [Tensor]?

  /// - Parameter store: of the model, with the parameters that live in a stage alone.
  init(_ settings: AverageSettings, _ store: ParameterStore) {
    self.settings = settings
    parameters = store.parameters
    averaged = parameters.filter { $0.role == .weight }
  }

  /// Takes note of the weights after a step.
  ///
  /// - Parameter epoch: the one under way, from 0.
  func update(epoch: Int) {
    guard epoch >= settings.startEpoch else { return }
    guard let averages else {
      averages = averaged.map { Tensor($0.value.scalars, shape: $0.value.shape, device: $0.value.device) }
      return
    }
    let share = Float(1 - settings.decay)
    for (parameter, average) in zip(averaged, averages) {
      let (old, new) = (average.storage.values, parameter.value.storage.values)
      // Two forms, as torch.lerp has them: at either end the result is exact.
      if share < 0.5 {
        for index in old.indices { old[index] += share * (new[index] - old[index]) }
      } else {
        for index in old.indices { old[index] = new[index] - (new[index] - old[index]) * (1 - share) }
      }
    }
  }

  /// The averaged model, in the order of its parameters; nil before the first average.
  var values: [Tensor]? {
    guard var rest = averages?[...] else { return nil }
    return parameters.map { $0.role == .weight ? rest.removeFirst() : $0.value }
  }

  /// Evaluates with the averages in the place of the weights.
  func inPlace<Result>(_ body: () throws -> Result) rethrows -> Result {
    exchange()
    defer { exchange() }
    return try body()
  }

  private func exchange() {
    for (parameter, average) in zip(averaged, averages ?? []) {
      let (a, b) = (average.storage.values, parameter.value.storage.values)
      for index in a.indices { (a[index], b[index]) = (b[index], a[index]) }
    }
  }

  /// What a checkpoint keeps: the averages of the weights, by name.
  var state: [(name: String, tensor: Tensor)] { averages.map { zip(averaged.map(\.name), $0).map { ($0, $1) } } ?? [] }

  /// Takes over the averages of a checkpoint, in the order of ``averaged``.
  func restore(_ values: [[Float]]) {
    averages = zip(averaged, values).map { Tensor($1, shape: $0.value.shape, device: $0.value.device) }
  }
}
