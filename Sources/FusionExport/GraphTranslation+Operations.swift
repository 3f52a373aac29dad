import FusionCore

extension GraphTranslation {
  /// Writes the nodes of the current entry.
  ///
  /// - Returns: the name of its result.
  mutating func translated() throws(ExportError) -> String {
    let other = pair.other(current)
    switch entry.operation {
    case .unary(let function): return unary(function)
    case .binary(let function): return binary(function)
    case .choice: return graph.add("Where", [truth(entry.inputs[0]), input(1), input(2)])
    case .linear: return linear()
    case .matmul(let transposed, let otherTransposed): return matmul(transposed, otherTransposed)
    case .reduction(let reduction, let axes, let keepDimensions): return reduced(reduction, axes, keepDimensions)
    case .cumulativeSum(let axis): return graph.add("CumSum", [input(0), graph.ints([axis], [])])
    case .softmax(let axis): return graph.add("Softmax", [input(0)], [("axis", .int(axis))])
    case .logSoftmax(let axis): return graph.add("LogSoftmax", [input(0)], [("axis", .int(axis))])
    case .reshape: return reshaped(input(0), to: result)
    case .broadcast: return broadcast(input(0), sizes(0), to: result)
    case .permute(let order): return graph.add("Transpose", [input(0)], [("perm", .ints(order))])
    case .slice(let axis, let range, let step):
      guard case .slice(axis, let second, step) = other else { throw hidden("two batches take different parts") }
      return try sliced(axis, range, second, step)
    case .flip(let axes):
      return graph.add(
        "Slice",
        [
          input(0), graph.ints(axes.map { _ in -1 }), graph.ints(axes.map { _ in Int.min }), graph.ints(axes),
          graph.ints(axes.map { _ in -1 }),
        ])
    case .diagonal(let first, let second): return diagonal(first, second)
    case .pad(let before, let after, let value):
      return graph.add("Pad", [input(0), graph.ints(before + after), graph.float(value)])
    case .topMask(let count, let axis): return topMask(count, axis)
    case .concatenate(let axis):
      let parts = entry.inputs.map { name(of: $0) }
      return parts.count == 1 ? parts[0] : graph.add("Concat", parts, [("axis", .int(axis))])
    case .select(let indices, let axis):
      if case .select(indices, axis) = other {
        return graph.add("Gather", [input(0), graph.ints(indices)], [("axis", .int(axis))])
      }
      guard case .select(let second, axis) = other, indices == Array(indices.indices), second == Array(second.indices),
        result == sizes(0)
      else { throw hidden("two batches select different parts") }
      return input(0)
    case .gather(let indices, let axis):
      guard case .gather(let second, axis) = other else { throw hidden("two batches gather along other axes") }
      let places = try places(indices, second, result)
      return graph.add("GatherElements", [input(0), places], [("axis", .int(axis))])
    case .scatterAdd(let indices, let axis):
      guard case .scatterAdd(let second, axis) = other else { throw hidden("two batches scatter along other axes") }
      let places = try places(indices, second, sizes(1))
      return graph.add(
        "ScatterElements", [input(0), places, input(1)], [("axis", .int(axis)), ("reduction", .text("add"))])
    case .embedding(let indices):
      guard case .embedding(let second) = other else { throw hidden("two batches look up other rows") }
      return graph.add("Gather", [input(0), try places(indices, second, result.dropLast())], [("axis", .int(0))])
    case .layerNorm(let dimensions, let epsilon, let hasWeight, let hasBias):
      return layerNorm(dimensions, epsilon, hasWeight, hasBias)
    case .rmsNorm(let epsilon, let hasWeight): return rmsNorm(epsilon, hasWeight)
    case .batchNorm(let epsilon, let hasWeight, let hasBias): return batchNorm(epsilon, hasWeight, hasBias)
    case .batchNormOfBatch:
      throw noForm("normalises by the statistics of the batch, so that what a sample gives depends on the others")
    case .convolution(let stride, let padding, let dilation, let groups):
      return graph.add(
        "Conv", entry.inputs.map { name(of: $0) }, window(stride, padding, dilation) + [("group", .int(groups))])
    case .transposedConvolution(let stride, let padding, let outputPadding, let dilation, let groups):
      return graph.add(
        "ConvTranspose", entry.inputs.map { name(of: $0) },
        window(stride, padding, dilation) + [
          ("group", .int(groups)), ("output_padding", .ints([outputPadding.height, outputPadding.width])),
        ])
    case .maxPool(let kernel, let stride, let padding):
      return graph.add("MaxPool", [input(0)], window(stride, padding, kernel: kernel))
    case .averagePool(let kernel, let stride, let padding):
      return graph.add(
        "AveragePool", [input(0)], window(stride, padding, kernel: kernel) + [("count_include_pad", .int(1))])
    case .adaptiveAveragePool: return adaptiveAveragePool()
    case .upsample(let factor):
      return graph.add(
        "Resize", [input(0), "", graph.floats([1, 1, Float(factor.height), Float(factor.width)], [4])],
        [
          ("mode", .text("nearest")), ("coordinate_transformation_mode", .text("asymmetric")),
          ("nearest_mode", .text("floor")),
        ])
    case .attention(let attention):
      guard attention.dropout == 0 else { throw noForm("sets weights to zero at random in evaluation") }
      return attended(attention)
    case .recurrence(let gates, let width, let isReversed, let lengths):
      guard case .recurrence(_, _, _, let second) = other else { throw hidden("two batches go on differently") }
      return try recurrence(gates, width, isReversed, lengths, second)
    case .lastState(let index, let last):
      guard case .lastState(index, let second) = other else { throw hidden("two batches take other states") }
      return try lastState(index, last, second)
    case .dropout: throw noForm("draws random numbers in evaluation")
    case .random: throw noForm("draws random numbers in evaluation")
    case .custom:
      throw noForm(
        "is computed in a way of its own\n  give it an 'expansion', which writes it with other operations "
          + "(Tensor.recorded)")
    }
  }

  // MARK: - Values

  private mutating func unary(_ function: Operation.UnaryFunction) -> String {
    let x = input(0)
    switch function {
    case .negate: return graph.add("Neg", [x])
    case .exp: return graph.add("Exp", [x])
    case .log: return graph.add("Log", [x])
    case .log1p: return log1p(x)
    case .sqrt: return graph.add("Sqrt", [x])
    case .rsqrt: return graph.add("Reciprocal", [graph.add("Sqrt", [x])])
    case .square: return graph.add("Mul", [x, x])
    case .abs: return graph.add("Abs", [x])
    case .sign: return graph.add("Sign", [x])
    case .sin: return graph.add("Sin", [x])
    case .cos: return graph.add("Cos", [x])
    case .erf: return graph.add("Erf", [x])
    case .relu: return graph.add("Relu", [x])
    case .gelu:
      let inner = graph.add("Erf", [graph.add("Mul", [x, graph.float(Float(0.5.squareRoot()))])])
      return half(x, times: graph.add("Add", [inner, graph.float(1)]))
    case .geluTanh:
      // x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).
      let cube = graph.add("Mul", [graph.add("Mul", [x, x]), x])
      let sum = graph.add("Add", [x, graph.add("Mul", [cube, graph.float(0.044715)])])
      let inner = graph.add("Tanh", [graph.add("Mul", [sum, graph.float(Float((2 / Double.pi).squareRoot()))])])
      return half(x, times: graph.add("Add", [inner, graph.float(1)]))
    case .sigmoid: return graph.add("Sigmoid", [x])
    case .tanh: return graph.add("Tanh", [x])
    case .silu: return graph.add("Mul", [x, graph.add("Sigmoid", [x])])
    case .pow(let exponent): return graph.add("Pow", [x, graph.float(exponent)])
    case .clamp(let low, let high): return graph.add("Clip", [x, graph.float(low), graph.float(high)])
    case .leakyRelu(let slope): return graph.add("LeakyRelu", [x], [("alpha", .float(slope))])
    case .elu(let alpha): return graph.add("Elu", [x], [("alpha", .float(alpha))])
    case .softplus(let beta, let threshold):
      let scaled = beta == 1 ? x : graph.add("Mul", [x, graph.float(beta)])
      let soft = graph.add("Softplus", [scaled])
      let y = beta == 1 ? soft : graph.add("Div", [soft, graph.float(beta)])
      // From there on log(1 + eˣ) is x in float32.
      guard threshold < 17 else { return y }
      return graph.add("Where", [graph.add("Greater", [scaled, graph.float(threshold)]), x, y])
    }
  }

  private mutating func half(_ x: String, times y: String) -> String {
    graph.add("Mul", [graph.add("Mul", [x, graph.float(0.5)]), y])
  }

  /// log(1 + x), exact near 0: with u = 1 + x as it is rounded, log(u) · x / (u − 1), and x where u is 1 (Kahan).
  private mutating func log1p(_ x: String) -> String {
    let one = graph.float(1)
    let u = graph.add("Add", [x, one])
    let rest = graph.add("Sub", [u, one])
    let isTiny = graph.add("Equal", [rest, graph.float(0)])
    // Infinity divided by itself would be no number.
    let isInfinite = graph.add("Equal", [u, graph.float(.infinity)])
    let divisor = graph.add("Where", [isTiny, one, rest])
    let exact = graph.add("Mul", [graph.add("Log", [u]), graph.add("Div", [x, divisor])])
    return graph.add("Where", [isTiny, x, graph.add("Where", [isInfinite, u, exact])])
  }

  private mutating func binary(_ function: Operation.BinaryFunction) -> String {
    func plain(_ operation: String) -> String { graph.add(operation, [input(0), input(1)]) }
    func number(_ truth: String) -> String {
      truths[entry.output] = truth
      return graph.add("Cast", [truth], [("to", .int(OnnxModel.ElementType.float32.rawValue))])
    }
    switch function {
    case .add: return plain("Add")
    case .subtract: return plain("Sub")
    case .multiply: return plain("Mul")
    case .divide: return plain("Div")
    case .pow: return plain("Pow")
    case .maximum: return plain("Max")
    case .minimum: return plain("Min")
    case .equal: return number(plain("Equal"))
    case .notEqual: return number(graph.add("Not", [plain("Equal")]))
    case .greater: return number(plain("Greater"))
    case .greaterOrEqual: return number(plain("GreaterOrEqual"))
    }
  }

  /// Where a value is not 0.
  mutating func truth(_ value: Int) -> String {
    if let known = truths[value] { return known }
    let truth = graph.add("Cast", [name(of: value)], [("to", .int(OnnxModel.ElementType.bool.rawValue))])
    truths[value] = truth
    return truth
  }

  private mutating func reduced(_ reduction: Operation.Reduction, _ axes: [Int], _ keepDimensions: Bool) -> String {
    let operation =
      switch reduction {
      case .sum: "ReduceSum"
      case .product: "ReduceProd"
      case .max: "ReduceMax"
      case .min: "ReduceMin"
      }
    return graph.add(
      operation, [input(0), graph.ints(axes)],
      [("keepdims", .int(keepDimensions ? 1 : 0)), ("noop_with_empty_axes", .int(1))])
  }

  /// 1 at the largest values of an axis; ONNX, too, takes the first of equals.
  private mutating func topMask(_ count: Int, _ axis: Int) -> String {
    let x = input(0)
    let places = graph.add(
      "TopK", [x, graph.ints([count])], [("axis", .int(axis)), ("largest", .int(1)), ("sorted", .int(1))], results: 2)[
        1]
    let shape = graph.add("Shape", [x])
    let zeros = graph.add("Expand", [graph.float(0), shape])
    let ones = graph.add("Expand", [graph.float(1), graph.add("Shape", [places])])
    return graph.add("ScatterElements", [zeros, places, ones], [("axis", .int(axis))])
  }

  // MARK: - Products

  private mutating func linear() -> String {
    let hasBias = entry.inputs.count == 3
    if sizes(0).count == 2 {
      return graph.add("Gemm", entry.inputs.map { name(of: $0) }, [("transB", .int(1))])
    }
    let product = graph.add("MatMul", [input(0), graph.add("Transpose", [input(1)], [("perm", .ints([1, 0]))])])
    return hasBias ? graph.add("Add", [product, input(2)]) : product
  }

  private mutating func matmul(_ transposed: Bool, _ otherTransposed: Bool) -> String {
    let sides = [transposed, otherTransposed].enumerated().map { index, isTransposed in
      isTransposed ? self.transposed(input(index), rank: sizes(index).count) : input(index)
    }
    return graph.add("MatMul", sides)
  }

  /// The last two dimensions exchanged.
  mutating func transposed(_ x: String, rank: Int) -> String {
    var order = Array(0..<rank)
    order.swapAt(rank - 2, rank - 1)
    return graph.add("Transpose", [x], [("perm", .ints(order))])
  }

  // MARK: - Shapes

  /// The same values in another shape. One size that follows from the number of samples is worked out from the others.
  mutating func reshaped(_ x: String, to sizes: [RecordedPair.Size]) -> String {
    let open = sizes.indices.filter { !sizes[$0].isFixed }
    let fixed = sizes.map { if case .fixed(let count) = $0 { count } else { -1 } }
    if open.count <= 1, !fixed.contains(0) { return graph.add("Reshape", [x, graph.ints(fixed)]) }
    return graph.add("Reshape", [x, graph.shape(sizes)], [("allowzero", .int(1))])
  }

  /// The values repeated to other sizes; a size that stays is not told, so that it may be anything.
  mutating func broadcast(_ x: String, _ before: [RecordedPair.Size], to after: [RecordedPair.Size]) -> String {
    let added = after.count - before.count
    let target = after.indices.map { axis in
      axis >= added && before[axis - added] == after[axis] ? .fixed(1) : after[axis]
    }
    if added == 0, target.allSatisfy({ $0 == .fixed(1) }) { return x }
    return graph.add("Expand", [x, graph.shape(target)])
  }

  private mutating func sliced(_ axis: Int, _ range: Range<Int>, _ other: Range<Int>, _ step: Int)
    throws(ExportError) -> String
  {
    var end = range.upperBound
    if range != other {
      let isRest =
        range.upperBound == log.values[entry.inputs[0]].shape[axis] && !sizes(0)[axis].isFixed
        && range.lowerBound == other.lowerBound && !result[axis].isFixed
      guard isRest else { throw hidden("two batches take different parts of an axis") }
      end = Int.max
    }
    // The states of an LSTM without its memories are what ONNX gives.
    if let states = recurrences[entry.inputs[0]] {
      guard axis == 0, range == 0..<1 else { throw noForm("takes an LSTM's memories after every step") }
      return graph.add("Unsqueeze", [states.steps, graph.ints([0])])
    }
    return graph.add(
      "Slice",
      [input(0), graph.ints([range.lowerBound]), graph.ints([end]), graph.ints([axis]), graph.ints([step])])
  }

  private mutating func diagonal(_ first: Int, _ second: Int) -> String {
    let letters = (0..<sizes(0).count).map { String(UnicodeScalar(UInt8(97 + ($0 == second ? first : $0)))) }
    var x = input(0)
    if sizes(0)[first] != sizes(0)[second] {
      // The shorter axis decides.
      let end = graph.shape([result[result.count - 1]])
      for axis in [first, second] { x = graph.add("Slice", [x, graph.ints([0]), end, graph.ints([axis])]) }
    }
    let others = letters.indices.filter { $0 != first && $0 != second }.map { letters[$0] }
    return graph.add(
      "Einsum", [x], [("equation", .text(letters.joined() + "->" + others.joined() + letters[first]))])
  }

  /// Whole numbers of a shape that are the same for any batch, or one row repeated for each sample.
  private mutating func places(_ indices: [Int], _ other: [Int], _ sizes: some Collection<RecordedPair.Size>)
    throws(ExportError) -> String
  {
    let sizes = Array(sizes)
    let shape = sizes.map { if case .fixed(let count) = $0 { count } else { 1 } }
    if sizes.allSatisfy(\.isFixed) {
      guard indices == other else { throw hidden("two batches use different indices") }
      return graph.ints(indices, shape)
    }
    let count = shape.elementCount
    let row = Array(indices.prefix(count))
    guard sizes.dropFirst().allSatisfy(\.isFixed),
      [indices, other].allSatisfy({ all in all.indices.allSatisfy { all[$0] == row[$0 % count] } })
    else { throw hidden("two batches use different indices") }
    return graph.add("Expand", [graph.ints(row, shape), graph.shape(sizes)])
  }
}
