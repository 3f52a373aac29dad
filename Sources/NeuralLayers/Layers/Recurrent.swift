import TensorEngine

/// Layers of gated recurrent units, read forwards or both ways: `torch.nn.GRU` with the batch first.
///
/// Parameters, uniform within ±1 / √hidden as PyTorch's, for layer k: `weight_ih_l<k>` `[3·hidden, inputs]`,
/// `weight_hh_l<k>` `[3·hidden, hidden]`, `bias_ih_l<k>` and `bias_hh_l<k>` `[3·hidden]`; with `_reverse` behind the name
/// for the other direction.
/// Shapes: `[N, T, inputs]` to all states `[N, T, hidden]` and the last ones `[N, hidden]` of the last layer; with two
/// directions the width is 2·hidden, forwards first.
public struct GRU {
  private let stack: RecurrentStack

  /// Makes the parameters in `context`.
  ///
  /// - Parameters:
  ///   - dropout: the probability that a value between two layers is set to zero in training.
  public init(
    inputs: Int, hidden: Int, layers: Int = 1, isBidirectional: Bool = false, dropout: Double = 0, context: BuildContext
  ) {
    stack = RecurrentStack(
      gates: 3, inputs: inputs, hidden: hidden, layers: layers, isBidirectional: isBidirectional, dropout: dropout,
      context: context)
  }

  /// All states and the last ones. After a sample's length, states are 0.
  public func callAsFunction(
    _ x: Tensor, lengths: [Int]? = nil, _ pass: ForwardPass
  ) -> (output: Tensor, state: Tensor) {
    stack.run("GRU", x, pass) { x, weights, isReversed in x.gru(weights, lengths: lengths, isReversed: isReversed) }
  }
}

/// Layers of long short-term memory, read forwards or both ways: `torch.nn.LSTM` with the batch first.
///
/// Parameters and shapes: as ``GRU``, with four gates instead of three.
public struct LSTM {
  private let stack: RecurrentStack

  /// Makes the parameters in `context`.
  ///
  /// - Parameters:
  ///   - dropout: the probability that a value between two layers is set to zero in training.
  public init(
    inputs: Int, hidden: Int, layers: Int = 1, isBidirectional: Bool = false, dropout: Double = 0, context: BuildContext
  ) {
    stack = RecurrentStack(
      gates: 4, inputs: inputs, hidden: hidden, layers: layers, isBidirectional: isBidirectional, dropout: dropout,
      context: context)
  }

  /// All states and the last ones. After a sample's length, states are 0.
  public func callAsFunction(
    _ x: Tensor, lengths: [Int]? = nil, _ pass: ForwardPass
  ) -> (output: Tensor, state: Tensor) {
    stack.run("LSTM", x, pass) { x, weights, isReversed in
      let result = x.lstm(weights, lengths: lengths, isReversed: isReversed)
      return (result.output, result.state)
    }
  }
}

/// What GRU and LSTM share: layers one after the other, directions side by side.
private struct RecurrentStack {
  /// The weights of one layer and direction.
  struct Direction {
    let inputWeight: Parameter
    let hiddenWeight: Parameter
    let inputBias: Parameter
    let hiddenBias: Parameter
  }
  private let layers: [[Direction]]
  private let dropout: Float
  private let path: String

  init(
    gates: Int, inputs: Int, hidden: Int, layers: Int, isBidirectional: Bool, dropout: Double, context: BuildContext
  ) {
    let suffixes = isBidirectional ? ["", "_reverse"] : [""]
    let first = Initializer.fanInUniform(fanIn: hidden)
    self.layers = (0..<layers).map { layer in
      suffixes.map { suffix in
        let width = layer == 0 ? inputs : hidden * suffixes.count
        func make(_ name: String, _ shape: Shape) -> Parameter {
          context.parameter("\(name)_l\(layer)\(suffix)", shape, first)
        }
        return Direction(
          inputWeight: make("weight_ih", [gates * hidden, width]),
          hiddenWeight: make("weight_hh", [gates * hidden, hidden]),
          inputBias: make("bias_ih", [gates * hidden]), hiddenBias: make("bias_hh", [gates * hidden]))
      }
    }
    (self.dropout, path) = (Float(dropout), context.path)
  }

  func run(
    _ name: String, _ x: Tensor, _ pass: ForwardPass,
    _ scan: (_ x: Tensor, _ weights: RecurrentWeights, _ isReversed: Bool) -> (output: Tensor, state: Tensor)
  ) -> (output: Tensor, state: Tensor) {
    var (output, state) = (x, x)
    for (index, layer) in layers.enumerated() {
      if index > 0, dropout > 0, pass.mode == .training {
        output = output.dropout(dropout, random: pass.random(for: "\(path).dropout.\(index)"))
      }
      let results = layer.enumerated().map { direction, parameters in
        let words = "\(name) layer \(index)" + (direction == 1 ? ", backwards" : "")
        return pass.layer(parameters.inputWeight.name.replacing("weight_ih_", with: ""), words) {
          scan(
            output,
            RecurrentWeights(
              inputWeight: pass[parameters.inputWeight], hiddenWeight: pass[parameters.hiddenWeight],
              inputBias: pass[parameters.inputBias], hiddenBias: pass[parameters.hiddenBias]), direction == 1)
        }
      }
      output = results.count == 1 ? results[0].output : .concatenated(results.map(\.output), axis: -1)
      state = results.count == 1 ? results[0].state : .concatenated(results.map(\.state), axis: -1)
    }
    return (output, state)
  }
}
