/// Changes parameters along their gradients, as `torch.optim` does.
///
/// A configuration names it in `training.optimizer`. One instance steps the parameters of one group, which share a learning
/// rate; a run without groups has one instance.
///
/// ```swift
/// public final class SignSGD: Optimizer {
///   public static let name = "sign_sgd"
///   public static let summary = "a step of one length along the sign of the gradient (Bernstein 2018)"
///   …
///   public func step() {
///     let rate = Float(learningRate)
///     parameters.forEachGradient { parameter, gradient in
///       let (value, slope) = (parameter.value.storage.base, gradient.storage.base)
///       parameter.value.device.forEachBlock(of: gradient.count) { range in
///         for i in range { value[i] -= rate * (slope[i] > 0 ? 1 : slope[i] < 0 ? -1 : 0) }
///       }
///     }
///   }
/// }
/// ```
///
/// A parameter without a gradient, or one that is frozen, is left alone, its state too. Frozen parameters may be given:
/// a later stage can release them.
public protocol Optimizer: AnyObject, Component {
  /// An optimizer over these parameters, with the learning rate of its configuration.
  init(_ configuration: Configuration, parameters: [Parameter])

  /// The learning rate of the next step; schedules write to it.
  var learningRate: Double { get set }

  /// One step along the gradients that the parameters hold.
  func step()

  /// What the optimizer remembers, as named tensors for a checkpoint: PyTorch's keys behind the parameter's name, for
  /// example `decoder.weight.exp_avg`. The tensors keep changing with every step: save them, do not hold them.
  var state: [(name: String, tensor: Tensor)] { get }

  /// Takes over what ``state`` gave, in any order: afterwards steps go on to the same bits.
  ///
  /// - Returns: everything wrong with it, one sentence each: names that belong to no parameter, shapes that differ,
  ///   state that a parameter has in part only. With any problem, nothing is changed.
  func restore(_ state: [(name: String, tensor: Tensor)]) -> [String]
}

extension Optimizer {
  /// An optimizer.
  public static var kind: ComponentKind { .optimizer }
}

/// An optimizer whose momentum a schedule may change: `momentum`, or the first of `betas`.
public protocol MomentumOptimizer: Optimizer {
  /// The momentum of the next step.
  var momentum: Double { get set }
}
