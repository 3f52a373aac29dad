import FusionCore

// Norms, convolutions and pooling.
extension GraphTranslation {
  mutating func layerNorm(_ dimensions: Int, _ epsilon: Float, _ hasWeight: Bool, _ hasBias: Bool) -> String {
    let shape = Shape(log.values[entry.inputs[0]].shape.suffix(dimensions))
    var inputs = [input(0)]
    inputs.append(hasWeight ? input(1) : graph.floats([Float](repeating: 1, count: shape.elementCount), shape))
    if hasBias { inputs.append(input(hasWeight ? 2 : 1)) }
    return graph.add("LayerNormalization", inputs, [("axis", .int(-dimensions)), ("epsilon", .float(epsilon))])
  }

  mutating func rmsNorm(_ epsilon: Float, _ hasWeight: Bool) -> String {
    let x = input(0)
    let mean = graph.add(
      "ReduceMean", [graph.add("Mul", [x, x]), graph.ints([-1])], [("keepdims", .int(1))])
    let root = graph.add("Sqrt", [graph.add("Add", [mean, graph.float(epsilon)])])
    let normal = graph.add("Div", [x, root])
    return hasWeight ? graph.add("Mul", [normal, input(1)]) : normal
  }

  mutating func batchNorm(_ epsilon: Float, _ hasWeight: Bool, _ hasBias: Bool) -> String {
    if let convolution = foldedConvolution { return folded(convolution, epsilon, hasWeight, hasBias) }
    let channels = log.values[entry.inputs[1]].shape[0]
    func filled(_ value: Float) -> String { graph.floats([Float](repeating: value, count: channels), [channels]) }
    let weight = hasWeight ? input(3) : filled(1)
    let bias = hasBias ? input(hasWeight ? 4 : 3) : filled(0)
    return graph.add(
      "BatchNormalization", [input(0), weight, bias, input(1), input(2)], [("epsilon", .float(epsilon))])
  }

  /// A convolution whose weights do the batch norm that follows it: weight · s and (bias − mean) · s + shift, with
  /// s = scale / √(variance + epsilon).
  private mutating func folded(
    _ convolution: OperationLog.Entry, _ epsilon: Float, _ hasWeight: Bool, _ hasBias: Bool
  ) -> String {
    func numbers(_ value: Int) -> [Double] { log.values[value].storage.values.map(Double.init) }
    guard case .convolution(let stride, let padding, let dilation, let groups) = convolution.operation else {
      return ""
    }
    let (mean, variance) = (numbers(entry.inputs[1]), numbers(entry.inputs[2]))
    let channels = mean.indices
    let scale = hasWeight ? numbers(entry.inputs[3]) : channels.map { _ in 1 }
    let shift = hasBias ? numbers(entry.inputs[hasWeight ? 4 : 3]) : channels.map { _ in 0 }
    let bias = convolution.inputs.count == 3 ? numbers(convolution.inputs[2]) : channels.map { _ in 0 }
    let factors = channels.map { scale[$0] / (variance[$0] + Double(epsilon)).squareRoot() }
    let weight = log.values[convolution.inputs[1]]
    let taps = Shape(weight.shape.dropFirst()).elementCount
    let weights = weight.storage.values.enumerated().map { Float(Double($1) * factors[$0 / taps]) }
    let shifts = channels.map { Float((bias[$0] - mean[$0]) * factors[$0] + shift[$0]) }
    let inputs = [
      name(of: convolution.inputs[0]), graph.floats(weights, weight.shape), graph.floats(shifts, [channels.count]),
    ]
    return graph.add("Conv", inputs, window(stride, padding, dilation) + [("group", .int(groups))])
  }

  func window(
    _ stride: Pair, _ padding: Pair, _ dilation: Pair? = nil, kernel: Pair? = nil
  ) -> [(name: String, value: OnnxModel.Attribute)] {
    func both(_ pair: Pair) -> OnnxModel.Attribute { .ints([pair.height, pair.width]) }
    let pads = [padding.height, padding.width]
    return (kernel.map { [("kernel_shape", both($0))] } ?? []) + [
      ("strides", both(stride)), ("pads", .ints(pads + pads)),
    ]
      + (dilation.map { [("dilations", both($0))] } ?? [])
  }

  /// Means over regions: of everything, of windows that do not overlap, or by two products with matrices of means, because a
  /// region is so many rows of so many columns.
  mutating func adaptiveAveragePool() -> String {
    let (input, output) = (log.values[entry.inputs[0]].shape, log.values[entry.output].shape)
    let (from, to) = (Pair(input[2], input[3]), Pair(output[2], output[3]))
    if to == 1 { return graph.add("GlobalAveragePool", [self.input(0)]) }
    if from.height % to.height == 0, from.width % to.width == 0 {
      let kernel = Pair(from.height / to.height, from.width / to.width)
      return graph.add("AveragePool", [self.input(0)], window(kernel, 0, kernel: kernel))
    }
    /// `[regions, length]`, or `[length, regions]`.
    func means(_ length: Int, _ regions: Int, transposed: Bool) -> String {
      var matrix = [Float](repeating: 0, count: length * regions)
      for region in 0..<regions {
        let part = region * length / regions..<((region + 1) * length + regions - 1) / regions
        for place in part {
          matrix[transposed ? place * regions + region : region * length + place] = 1 / Float(part.count)
        }
      }
      return graph.floats(matrix, transposed ? [length, regions] : [regions, length])
    }
    let rows = graph.add("MatMul", [means(from.height, to.height, transposed: false), self.input(0)])
    return graph.add("MatMul", [rows, means(from.width, to.width, transposed: true)])
  }
}
