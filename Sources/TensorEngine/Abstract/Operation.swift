/// What an entry of an ``OperationLog`` does: the engine's vocabulary, for whoever writes a model down in another one.
///
/// Axes count from the front. Whoever translates operations switches over all cases, so that a new one does not compile until
/// its translation has been thought of.
public enum Operation: Sendable, Equatable {
  /// A function of each value.
  case unary(UnaryFunction)
  /// A function of each pair of values, after broadcasting.
  case binary(BinaryFunction)
  /// The second input where the first is not 0, else the third, after broadcasting.
  case choice
  /// `x · weightᵀ + bias`: inputs x, weight, and a bias if there is one.
  case linear
  /// A matrix product over the last two dimensions, those in front broadcast.
  case matmul(transposed: Bool, otherTransposed: Bool)
  /// A fold over some axes.
  case reduction(Reduction, axes: [Int], keepDimensions: Bool)
  /// Running sums along an axis.
  case cumulativeSum(axis: Int)
  /// exp(x) / Σ exp(x) along an axis.
  case softmax(axis: Int)
  /// log softmax(x) along an axis.
  case logSoftmax(axis: Int)
  /// The same values in the output's shape.
  case reshape
  /// The values repeated to the output's shape.
  case broadcast
  /// The dimensions in another order.
  case permute([Int])
  /// A part of an axis, every `step`-th value of it.
  case slice(axis: Int, Range<Int>, step: Int)
  /// Some axes turned round.
  case flip([Int])
  /// The diagonal of two axes, as a new last one.
  case diagonal(Int, Int)
  /// A constant around the values; one pair a dimension.
  case pad(before: [Int], after: [Int], value: Float)
  /// 1 at the largest values along an axis, as many as said, the first of equals; 0 elsewhere.
  case topMask(Int, axis: Int)
  /// The inputs joined along an axis.
  case concatenate(axis: Int)
  /// The parts of an axis that the indices name.
  case select([Int], axis: Int)
  /// One value for each index, which has the output's shape, along an axis.
  case gather([Int], axis: Int)
  /// The first input with the values of the second added at their indices along an axis.
  case scatterAdd([Int], axis: Int)
  /// The rows of a table that the indices name; the output is their shape and the table's width.
  case embedding([Int])
  /// Mean 0 and variance 1 over the last dimensions, then · weight + bias where there are such inputs.
  case layerNorm(dimensions: Int, epsilon: Float, hasWeight: Bool, hasBias: Bool)
  /// x / √(mean(x²) + epsilon) over the last dimension, then · weight where there is one.
  case rmsNorm(epsilon: Float, hasWeight: Bool)
  /// Inputs x, mean and variance, then weight and bias where there are such.
  case batchNorm(epsilon: Float, hasWeight: Bool, hasBias: Bool)
  /// Batch norm by the batch's own statistics, as in training. Inputs x, then weight and bias where there are such.
  case batchNormOfBatch(epsilon: Float, hasWeight: Bool, hasBias: Bool)
  /// Inputs x, weight, and a bias if there is one.
  case convolution(stride: Pair, padding: Pair, dilation: Pair, groups: Int)
  /// Inputs x, weight, and a bias if there is one.
  case transposedConvolution(stride: Pair, padding: Pair, outputPadding: Pair, dilation: Pair, groups: Int)
  /// The largest value under each place of a window.
  case maxPool(kernel: Pair, stride: Pair, padding: Pair)
  /// The mean under each place of a window, padding counted as zeros.
  case averagePool(kernel: Pair, stride: Pair, padding: Pair)
  /// Means over a grid of regions of the output's size.
  case adaptiveAveragePool
  /// Every pixel repeated.
  case upsample(Pair)
  /// Scaled dot-product attention.
  case attention(Attention)
  /// A recurrent layer, one direction: the input is what comes from x, all gates, `[N, T, gates · H]`; then the initial
  /// states, the hidden weight, and the hidden bias if there is one. The output is `[states, N, T, H]`.
  case recurrence(gates: Int, width: Int, isReversed: Bool, lengths: [Int]?)
  /// Each sample's state number `index` of a recurrence's output after its last step: step `last` of each.
  case lastState(index: Int, last: [Int?])
  /// Values set to zero with a probability, the others scaled up.
  case dropout(Float)
  /// Random numbers.
  case random
  /// An operation that somebody gave a derivative of its own, and that is not written as others: how many floating-point
  /// operations it takes.
  case custom(flops: Int)

  /// A function of one value.
  public enum UnaryFunction: Sendable, Equatable {
    case negate, exp, log, log1p, sqrt, rsqrt, square, abs, sign, sin, cos, erf
    case relu, gelu, geluTanh, sigmoid, tanh, silu
    /// Raised to a power.
    case pow(Float)
    /// The nearest value between two bounds.
    case clamp(Float, Float)
    /// x where positive, else slope·x.
    case leakyRelu(slope: Float)
    /// x where positive, else alpha·(eˣ - 1).
    case elu(alpha: Float)
    /// log(1 + exp(beta·x)) / beta; x itself where beta·x is above the threshold.
    case softplus(beta: Float, threshold: Float)
  }

  /// A function of two values.
  public enum BinaryFunction: String, Sendable {
    case add, subtract, multiply, divide, pow, maximum, minimum
    case equal, notEqual, greater, greaterOrEqual
    /// Whether it counts as one operation on each value; comparisons do not.
    var isArithmetic: Bool {
      switch self {
      case .add, .subtract, .multiply, .divide, .pow, .maximum, .minimum: true
      case .equal, .notEqual, .greater, .greaterOrEqual: false
      }
    }
  }

  /// How values are folded.
  public enum Reduction: String, Sendable { case sum, product, max, min }

  /// What an attention does: `softmax(scale · Q Kᵀ + masks) · V` for each sample and head.
  ///
  /// The inputs are those that hold queries, keys and values (see ``queries``), then the masks. In them a token's row holds
  /// the vectors of all heads side by side, from an offset on.
  public struct Attention: Sendable, Equatable {
    /// Where one of queries, keys and values lies.
    public struct Side: Sendable, Equatable {
      /// Which input.
      public let input: Int
      /// Where in a token's row it begins.
      public let offset: Int
    }
    /// A mask.
    public enum Mask: String, Sendable { case additive, allowed, ignored }
    /// The samples.
    public let samples: Int
    /// The heads.
    public let heads: Int
    /// How many tokens look.
    public let queryCount: Int
    /// How many are looked at.
    public let keyCount: Int
    /// The width of a query and a key of one head.
    public let depth: Int
    /// The width of a value of one head.
    public let valueDepth: Int
    /// Where the queries lie.
    public let queries: Side
    /// Where the keys lie.
    public let keys: Side
    /// Where the values lie.
    public let values: Side
    /// The kinds of the masks, in the order of the inputs behind the tokens'. Their shapes broadcast to `[N, heads, T, S]`.
    public let masks: [Mask]
    /// Whether query t looks at keys 0 to t only.
    public let isCausal: Bool
    /// What scores are multiplied with.
    public let scale: Float
    /// The share of weights set to zero.
    public let dropout: Float
  }
}

extension OperationLog {
  /// Floating-point operations of an entry, a multiplication and an addition of a product counted as two.
  ///
  /// Counted are products (linear layers, matrix products, convolutions, attention, recurrences; a bias starts the sum and
  /// costs none), as PyTorch's `torch.utils.flop_counter` does, and arithmetic on two tensors that both depend on the
  /// input, one a value. Functions of one value, norms, sums and pooling count as none.
  public func flops(_ entry: Entry) -> Int {
    func shape(_ index: Int) -> Shape { values[entry.inputs[index]].shape }
    let output = values[entry.output].shape
    switch entry.operation {
    case .linear: return 2 * output.elementCount * shape(1)[1]
    case .matmul(let transposed, _):
      let left = shape(0)
      return 2 * output.elementCount * left[left.count - (transposed ? 2 : 1)]
    case .convolution: return 2 * output.elementCount * Shape(shape(1)[1...]).elementCount
    case .transposedConvolution:
      return 2 * shape(0).elementCount * Shape(shape(1)[1...]).elementCount
    case .attention(let a):
      return 2 * a.samples * a.heads * a.queryCount * a.keyCount * (a.depth + a.valueDepth)
    case .recurrence(let gates, let width, _, _):
      return 2 * shape(0).dropLast().reduce(1, *) * gates * width * width
    case .custom(let flops): return flops
    case .binary(let function):
      let areOfInput = entry.inputs.allSatisfy { values[$0].isOfInput }
      return function.isArithmetic && areOfInput ? output.elementCount : 0
    case .unary, .choice, .reduction, .cumulativeSum, .softmax, .logSoftmax, .reshape, .broadcast, .permute, .slice,
      .flip,
      .diagonal, .pad, .concatenate, .select, .gather, .scatterAdd, .embedding, .layerNorm, .rmsNorm, .batchNorm,
      .batchNormOfBatch, .topMask, .maxPool, .averagePool, .adaptiveAveragePool, .upsample, .lastState, .dropout,
      .random:
      return 0
    }
  }
}
