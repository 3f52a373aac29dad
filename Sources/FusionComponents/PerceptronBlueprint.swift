import FusionCore

extension Blueprint {
  /// Writes down the layers of a ``MultilayerPerceptron``.
  public mutating func perceptron(inputs: Int, hidden: [Int], outputs: Int, activation: Activation, dropout: Double) {
    let sizes = MultilayerPerceptron.sizes(inputs: inputs, hidden: hidden, outputs: outputs)
    for (index, size) in sizes.enumerated() {
      let isLast = index == sizes.count - 1
      let tail =
        isLast ? "" : (activation.inWords.map { ", \($0)" } ?? "") + (dropout > 0 ? ", dropout \(dropout)" : "")
      layer(
        size.name, "linear \(size.inputs) → \(size.outputs)\(tail)", output: [size.outputs],
        parameters: Linear.parameterCount(inputs: size.inputs, outputs: size.outputs),
        flops: Linear.flops(inputs: size.inputs, outputs: size.outputs))
    }
  }
}

extension Option {
  /// The options that every multilayer perceptron has: `hidden`, `activation`, `dropout`.
  public static let perceptron: [Option] = [
    Option("hidden", "width of each hidden layer", .size),
    Option("activation", "what follows each hidden layer", Activation.self),
    Option("dropout", "share of hidden values set to zero in training", .range(0, 1, includesUpper: false)),
  ]
}
