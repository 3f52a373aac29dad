import TensorEngine

extension Sequence where Element == Parameter {
  /// The parameters that a step changes, with their gradients.
  public func forEachGradient(_ body: (_ parameter: Parameter, _ gradient: Tensor) -> Void) {
    for parameter in self where parameter.isTrainable {
      guard let gradient = parameter.gradient else { continue }
      body(parameter, gradient)
    }
  }
}
