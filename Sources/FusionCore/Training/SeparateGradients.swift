/// A loss whose gradients an objective gets apart from those of all others: one of ``ObjectiveLoss/separate``.
public struct SeparateLoss {
  /// One of ``Objective/separateLosses(_:modalities:)``.
  public let name: String
  /// A scalar `[]` on the step's tape. It is not minimised: what is has to be in ``ObjectiveLoss/total``, too.
  public let loss: Tensor

  /// A loss by name.
  public init(_ name: String, _ loss: Tensor) {
    self.name = name
    self.loss = loss
  }
}

/// The gradients of single losses, each from a backward pass of its own over the same forward pass.
///
/// The passes follow each other in the order of the list, so that gradients have the same bits for any number of threads.
public struct SeparateGradients {
  /// By objective, loss and parameter.
  private var gradients: [String: [String: [String: Tensor]]] = [:]

  /// No gradients.
  public init() {}

  /// Those of an objective, by loss and parameter.
  public subscript(objective: String) -> [String: [String: Tensor]] { gradients[objective] ?? [:] }

  /// Plays the tape back for each loss, and adds the gradients to those that are there. The parameters' own gradients stay
  /// as they are, and so does the tape.
  ///
  /// - Parameters:
  ///   - share: what gradients are multiplied by, for a batch that is one of several of a step; nil: nothing.
  ///   - store: all parameters that the tape watches.
  public mutating func add(
    _ losses: [(objective: String, loss: SeparateLoss)], times share: Float? = nil, _ store: ParameterStore,
    _ tape: Tape
  ) {
    guard !losses.isEmpty else { return }
    let parameters = store.trainable
    let before = parameters.map(\.gradient)
    for (objective, separate) in losses {
      for parameter in parameters { parameter.gradient = nil }
      tape.backward(from: share.map { separate.loss * $0 } ?? separate.loss, retainGraph: true)
      for parameter in parameters {
        guard let gradient = parameter.gradient else { continue }
        let known = gradients[objective]?[separate.name]?[parameter.name]
        gradients[objective, default: [:]][separate.name, default: [:]][parameter.name] =
          known.map { $0 + gradient } ?? gradient
      }
    }
    for (parameter, gradient) in zip(parameters, before) { parameter.gradient = gradient }
  }
}
