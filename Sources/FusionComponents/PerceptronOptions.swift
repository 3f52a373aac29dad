import FusionCore

extension Option {
  /// The options that every multilayer perceptron has: `hidden`, `activation`, `dropout`.
  public static let perceptron: [Option] = [
    Option("hidden", "width of each hidden layer", .size),
    Option("activation", "what follows each hidden layer", Activation.self),
    Option("dropout", "share of hidden values set to zero in training", .range(0, 1, includesUpper: false)),
  ]
}
