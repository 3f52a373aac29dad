import FusionConfig
import FusionCore

/// The optimizers of a stage: one for each group of `training.groups`, and one for all other parameters.
///
/// Groups differ in the configuration of the optimizer and in the warm-up; the schedule is the same for all of them.
final class ParameterGroups {
  private struct Group {
    /// As `training.groups` calls it.
    let name: String
    let optimizer: any Optimizer
    let parameters: [Parameter]
    /// The learning rate of its configuration.
    let baseRate: Double
    /// Nil: that of the schedule.
    let warmupEpochs: Double?
  }

  private let groups: [Group]

  /// Makes the optimizers.
  ///
  /// - Parameter parameters: those that the stage trains. A group of which none is left has no optimizer.
  init(_ settings: TrainingSettings, _ parameters: [Parameter]) {
    let own = settings.groups.map { group in parameters.filter { group.part.owns($0.name) } }
    let rest = parameters.filter { parameter in !settings.groups.contains { $0.part.owns(parameter.name) } }
    func group(
      _ name: String, _ optimizer: ConfiguredOptimizer, _ parameters: [Parameter], _ warmupEpochs: Double?
    ) -> Group {
      let made = optimizer.make(parameters)
      return Group(
        name: name, optimizer: made, parameters: parameters, baseRate: made.learningRate, warmupEpochs: warmupEpochs)
    }
    groups =
      [group("default", settings.optimizer, rest, nil)]
      + zip(settings.groups, own).filter { !$1.isEmpty }.map { group($0.name, $0.optimizer, $1, $0.warmupEpochs) }
  }

  /// The learning rate of the parameters that are in no group, as the last step had it.
  var learningRate: Double { groups[0].optimizer.learningRate }

  /// The rates of all groups, as the last step had them; that of parameters in no group is called `default`.
  var learningRates: [String: Double] {
    Dictionary(groups.map { ($0.name, $0.optimizer.learningRate) }) { first, _ in first }
  }

  /// Sets the rates and the momentum of a step, before its first batch: a message about the batch tells them.
  func prepare(_ course: LearningRateCourse, at step: Int) {
    let momentum = course.momentum(step: step)
    for group in groups {
      group.optimizer.learningRate = course.learningRate(
        base: group.baseRate, step: step, warmupEpochs: group.warmupEpochs)
      if let momentum, let optimizer = group.optimizer as? any MomentumOptimizer { optimizer.momentum = momentum }
    }
  }

  /// One step along the gradients, as it was prepared.
  func step() { for group in groups { group.optimizer.step() } }

  /// What all optimizers remember, by the names of parameters.
  var state: [(name: String, tensor: Tensor)] { groups.flatMap(\.optimizer.state) }

  /// Takes over what ``state`` gave.
  ///
  /// - Returns: everything wrong with it. With any problem the run does not go on.
  func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] {
    var left = state
    var problems: [String] = []
    for group in groups.dropFirst() {
      let own = left.filter { item in group.parameters.contains { item.name.hasPrefix($0.name + ".") } }
      left.removeAll { item in own.contains { $0.name == item.name } }
      problems += group.optimizer.restore(own)
    }
    return problems + groups[0].optimizer.restore(left)
  }
}
