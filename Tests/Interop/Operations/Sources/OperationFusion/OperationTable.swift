// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
import FusionCore

enum OperationTable {
  struct Operands {
    let x, y, weight: Tensor
    let pass: ForwardPass

    init(_ vectors: [Tensor], _ weight: Tensor, _ pass: ForwardPass) {
      (x, y, self.weight, self.pass) = (vectors[0], vectors[vectors.count - 1], weight, pass)
    }

    var count: Int { x.shape[0] }
    /// Two channels of 6x4.
    var image: Tensor { x.reshaped([count, 2, 6, 4]) }
    /// Eight tokens of width 6.
    var tokens: Tensor { x.reshaped([count, 8, 6]) }
    var otherTokens: Tensor { y.reshaped([count, 8, 6]) }
    /// Numbers of a shape from the weight.
    func part(_ shape: Shape) -> Tensor { weight.flattened().sliced(0..<shape.elementCount, axis: 0).reshaped(shape) }
    func recurrent(_ gates: Int) -> RecurrentWeights {
      RecurrentWeights(
        inputWeight: part([gates * 5, 6]), hiddenWeight: part([gates * 5, 5]), inputBias: part([gates * 5]),
        hiddenBias: part([gates * 5]))
    }
  }

  typealias Formula = @Sendable (Operands) -> Tensor

  static let all: [String: Formula] = functions.merging(shapes) { a, _ in a }.merging(layers) { a, _ in a }

  private static let functions: [String: Formula] = [
    "add": { $0.x + $0.y }, "subtract": { $0.x - $0.y }, "multiply": { $0.x * $0.y },
    "divide": { $0.x / ($0.y.abs() + 1) }, "pow": { ($0.x.abs() + 0.1).pow($0.y) },
    "maximum": { .maximum($0.x, $0.y) }, "minimum": { .minimum($0.x, $0.y) },
    "compare": {
      ($0.x .> $0.y) + ($0.x .>= 0) * 2 + ($0.y .== $0.y) * 3 + ($0.x .!= 0) * 4 + ($0.x .< 0.5) + ($0.y .<= 0)
    },
    "where": { .where($0.x .> 0, $0.x, $0.y * 2) }, "where_number": { .where($0.x, 7, $0.y) },
    "negate": { -$0.x }, "exp": { $0.x.exp() }, "log": { ($0.x.abs() + 0.1).log() },
    "log1p": { ($0.x.abs() * 1e-3).log1p() },
    "sqrt": { $0.x.abs().sqrt() }, "rsqrt": { ($0.x.abs() + 0.1).rsqrt() }, "square": { $0.x.square() },
    "sign": { $0.x.sign() }, "sin": { $0.x.sin() }, "cos": { $0.x.cos() }, "erf": { $0.x.erf() },
    "relu": { $0.x.relu() }, "gelu": { $0.x.gelu() }, "gelu_tanh": { $0.x.geluTanh() }, "sigmoid": { $0.x.sigmoid() },
    "tanh": { $0.x.tanh() }, "silu": { $0.x.silu() }, "pow_number": { $0.x.pow(3) }, "clamp": { $0.x.clamp(-0.5, 0.7) },
    "clamp_low": { $0.x.clamp(-0.5) }, "leaky_relu": { $0.x.leakyRelu(slope: 0.2) }, "elu": { $0.x.elu(alpha: 0.7) },
    "softplus": { $0.x.softplus() }, "softplus_beta": { $0.x.softplus(beta: 2, threshold: 1) },
    "softmax": { $0.tokens.softmax(axis: 1) }, "log_softmax": { $0.tokens.logSoftmax() },
    "log_sum_exp": { $0.tokens.logSumExp(axes: [1]) }, "sum": { $0.tokens.sum(axes: [1]) },
    "mean": { $0.image.mean(axes: [2, 3], keepDimensions: true) }, "max": { $0.tokens.max(axes: [2]) },
    "min": { $0.image.min(axes: [1, 3]) }, "product": { $0.tokens.product(axes: [2]) },
    "variance": { $0.tokens.variance(axes: [1]) },
    "deviation": { $0.tokens.standardDeviation(axes: [2], correction: 0) },
    "norm_1": { $0.tokens.norm(1, axes: [2]) }, "norm_2": { $0.tokens.norm(axes: [2]) },
    "norm_3": { $0.tokens.norm(3, axes: [2]) }, "norm_inf": { $0.tokens.norm(.infinity, axes: [1]) },
    "norm_0": { $0.tokens.norm(0, axes: [1]) },
    "cumulative_sum": { $0.tokens.cumulativeSum(axis: 1) }, "top_mask": { $0.tokens.topMask(3) },
    "top_mask_axis": { $0.tokens.sign().topMask(2, axis: 1) },
  ]

  private static let shapes: [String: Formula] = [
    "permuted": { $0.image.permuted([0, 3, 1, 2]) }, "transposed": { $0.tokens.transposed() },
    "broadcast": { $0.tokens.unsqueezed(2).broadcast(to: [$0.count, 8, 3, 6]) },
    "batch_in_front": { $0.tokens.permuted([1, 0, 2]).cumulativeSum(axis: 0).permuted([1, 0, 2]) },
    "rows_of_all": { $0.tokens.reshaped([$0.count * 8, 6]).softmax(axis: 1).reshaped([$0.count, 48]) },
    "sliced": { $0.tokens.sliced(1..<7, axis: 1, step: 2) },
    "narrow": { $0.tokens.narrow(axis: -1, start: 2, length: 3) },
    "whole_batch": { $0.x.sliced(0..<$0.count, axis: 0) + 1 }, "element": { $0.tokens.selected(2, axis: 1) },
    "chunked": { .concatenated($0.tokens.chunked(3, axis: 1).reversed(), axis: 1) },
    "flipped": { $0.tokens.flipped([1, 2]) }, "rolled": { $0.tokens.rolled(by: 3, axis: 1) },
    "tiled": { $0.tokens.tiled([1, 2, 1]) }, "repeated": { $0.tokens.repeated(2, axis: 2) },
    "padded": { $0.image.padded([(1, 2), (0, 3)], value: 0.5) }, "diagonal": { $0.tokens.diagonal(1, 2) },
    "diagonal_square": { $0.tokens.sliced(0..<6, axis: 1).diagonal(2, 1) },
    "stacked": { .stacked([$0.x, $0.y], axis: 1) },
    "select": { $0.tokens.selected([3, 0, 0, 5], axis: 1) },
    "gather": { operands in
      let row = [0, 5, 2, 1, 1, 3]
      return operands.tokens.gathered(
        (0..<operands.count).flatMap { _ in row }, shape: [operands.count, 1, 6], axis: 1)
    },
    "scatter_add": { operands in
      let row = (0..<48).map { $0 % 7 }
      return Tensor.zeros([operands.count, 7], device: operands.x.device)
        .scatterAdded((0..<operands.count).flatMap { _ in row }, operands.x, axis: 1)
    },
    "embedding": { operands in
      operands.weight.embedding([4, 1, 4], shape: [3]).sum(axes: [0]) + operands.x
    },
    "embedding_of_each": { operands in
      let indices = (0..<operands.count).flatMap { _ in [7, 0] }
      return operands.weight.embedding(indices, shape: [operands.count, 2]).sum(axes: [1]) * operands.x
    },
    "one_row_for_all": { $0.x * Tensor.arange(48, device: $0.x.device) },
    "a_row_for_each": { operands in
      let rows = (0..<operands.count).flatMap { _ in (0..<48).map { Float($0 % 5) } }
      return .concatenated(
        [operands.x, Tensor(rows, shape: [operands.count, 48], device: operands.x.device)], axis: 1)
    },
    "einsum": { .einsum("bij,bkj->bik", $0.tokens, $0.otherTokens) },
    "einsum_three": { .einsum("bi,ij,bj->bj", $0.x, $0.weight, $0.y) },
    "outer": { .einsum("bi,bj->bij", $0.x.sliced(0..<5, axis: 1), $0.y.sliced(0..<6, axis: 1)) },
    "matmul": { $0.tokens.matmul($0.otherTokens, otherTransposed: true) },
    "matmul_transposed": { $0.tokens.matmul($0.otherTokens, transposed: true) },
    "matmul_vector": { $0.tokens.matmul($0.part([6])) },
    "linear_tokens": { $0.tokens.linear($0.part([5, 6]), bias: $0.part([5])) },
    "linear": { $0.x.linear($0.weight) },
  ]

  private static let layers: [String: Formula] = [
    "layer_norm": { $0.tokens.layerNorm() },
    "layer_norm_2": { $0.tokens.layerNorm(weight: $0.part([8, 6]), dimensions: 2) },
    "layer_norm_bias": { $0.tokens.layerNorm(bias: $0.part([6]), epsilon: 1e-3) },
    "layer_norm_far": { ($0.tokens + 10).layerNorm() },
    "rms_norm": { $0.tokens.rmsNorm(weight: $0.part([6])) },
    "group_norm": { $0.image.groupNorm(groups: 2, weight: $0.part([2])) },
    "batch_norm": {
      let running = RunningStatistics(mean: $0.part([2]), variance: $0.part([2]).square())
      return $0.image.batchNorm(bias: $0.part([2]), using: running)
    },
    "batch_norm_vector": {
      let running = RunningStatistics(mean: $0.part([48]), variance: $0.part([48]).square() + 0.1)
      return $0.x.batchNorm(weight: $0.part([48]), using: running)
    },
    "conv": {
      $0.image.conv2d($0.part([4, 1, 3, 2]), bias: $0.part([4]), stride: Pair(2, 1), padding: Pair(1, 0), groups: 2)
    },
    "conv_dilated": { $0.image.conv2d($0.part([3, 2, 2, 2]), dilation: Pair(3, 2)) },
    "conv_1d": { $0.tokens.conv1d($0.part([4, 8, 3]), padding: 1) },
    "conv_transpose": {
      $0.image.convTranspose2d($0.part([2, 3, 3, 3]), stride: 2, padding: 1, outputPadding: Pair(1, 0))
    },
    "max_pool": { $0.image.maxPool2d(Pair(3, 2), stride: 2, padding: Pair(1, 0)) },
    "average_pool": { $0.image.averagePool2d(3, stride: 1, padding: 1) }, "max_pool_1d": { $0.tokens.maxPool1d(2) },
    "adaptive_pool": { $0.image.adaptiveAveragePool2d(Pair(4, 3)) },
    "adaptive_pool_even": { $0.image.adaptiveAveragePool2d(Pair(3, 2)) },
    "adaptive_pool_all": { $0.image.adaptiveAveragePool2d(1) }, "upsample": { $0.image.upsampleNearest2d(Pair(2, 3)) },
    "attention": { .scaledDotProductAttention(query: $0.tokens, key: $0.otherTokens, value: $0.otherTokens) },
    "attention_causal": {
      .scaledDotProductAttention(query: $0.tokens, key: $0.tokens, value: $0.otherTokens, isCausal: true, scale: 0.3)
    },
    "attention_additive": {
      .scaledDotProductAttention(
        query: $0.tokens, key: $0.otherTokens, value: $0.otherTokens, mask: .additive($0.part([8, 8])))
    },
    // The first query may look at nothing.
    "attention_blind": { operands in
      let mask = Tensor((0..<64).map { $0 < 8 || $0 % 3 == 0 ? 0 : 1 }, shape: [8, 8], device: operands.x.device)
      return .scaledDotProductAttention(
        query: operands.tokens, key: operands.otherTokens, value: operands.otherTokens, mask: .allowed(mask))
    },
    // Which keys are seen follows from the values.
    "attention_of_values": {
      .scaledDotProductAttention(
        query: $0.tokens, key: $0.otherTokens, value: $0.otherTokens,
        mask: .allowed($0.otherTokens.sum(axes: [2]).unsqueezed(1) .> 0))
    },
    "attention_of_heads": {
      .scaledDotProductAttention(
        query: $0.x.reshaped([$0.count, 2, 4, 6]), key: $0.y.reshaped([$0.count, 2, 4, 6]),
        value: $0.y.reshaped([$0.count, 2, 4, 6]), mask: .additive($0.part([2, 4, 4])))
    },
    "multi_head": {
      .multiHeadAttention(
        query: $0.tokens, key: $0.otherTokens, value: $0.otherTokens, heads: 3,
        weights: AttentionWeights(
          inWeight: $0.part([18, 6]), inBias: $0.part([18]), outWeight: $0.part([6, 6]), outBias: nil),
        keyPadding: $0.otherTokens.sum(axes: [2]) .> 1, isCausal: true)
    },
    "gru": { $0.tokens.gru($0.recurrent(3), initial: $0.part([1, 5]).broadcast(to: [$0.count, 5])).output },
    "gru_reversed": { $0.tokens.gru($0.recurrent(3), isReversed: true).state },
    "gru_short": { operands in
      let result = operands.tokens.gru(operands.recurrent(3), lengths: (0..<operands.count).map { _ in 5 })
      return .concatenated([result.output.flattened(from: 1), result.state], axis: 1)
    },
    "lstm": { operands in
      let result = operands.tokens.lstm(operands.recurrent(4))
      return .concatenated([result.output.flattened(from: 1), result.state, result.memory], axis: 1)
    },
    "lstm_reversed": { operands in
      let start = operands.y.sliced(0..<5, axis: 1)
      let result = operands.tokens.lstm(operands.recurrent(4), initial: (start, start * 2), isReversed: true)
      return .concatenated([result.output.flattened(from: 1), result.memory], axis: 1)
    },
  ]

  /// What has no graph.
  static let refused: [String: Formula] = [
    "random": { $0.x + $0.pass.random(for: "fusion").normal([48], device: $0.x.device) },
    "dropout": { $0.x.dropout(0.5, random: $0.pass.random(for: "fusion")) },
    "custom": { operands in
      let output = Tensor(shape: operands.x.shape, device: operands.x.device) { y in
        for i in 0..<y.count { y[i] = operands.x.storage.base[i] * 2 }
      }
      return .recorded("doubled", inputs: [operands.x], output: output) { [$0 * 2] }
    },
    "outside": { operands in
      let output = Tensor(shape: operands.x.shape, device: operands.x.device) { y in
        for i in 0..<y.count { y[i] = operands.x.storage.base[i] * 2 }
      }
      return output + operands.y
    },
    "argmax": { operands in
      guard !operands.x.device.isAbstract else { return operands.x }
      let best = operands.tokens.argmax(axis: 1)
      return operands.tokens.gathered(best, shape: [operands.count, 1, 6], axis: 1).broadcast(to: [
        operands.count, 8, 6,
      ])
    },
    "two_ways": { operands in
      guard !operands.x.device.isAbstract else { return operands.x }
      return operands.x.storage.values[0] > 0 ? operands.x.exp() : operands.x.sin()
    },
    "batch": { $0.x - $0.x.mean(axes: [0]) * (Float($0.count)) },
  ]
}
