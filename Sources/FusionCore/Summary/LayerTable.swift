import NeuralLayers
import TensorEngine

/// The layers of a component, from what one pass through it wrote down.
///
/// A row is a layer of its own (`Linear`, a block of convolutions), or the product of a parameter that the component made
/// itself, under the parameter's name. What follows a row and belongs to no other (an activation, dropout, pooling) is told of in
/// it. Everything else is the component's own row, which comes last.
struct LayerTable {
  /// In the order of their first operation.
  private(set) var rows: [ModelSummary.Layer] = []

  /// One row while it is put together.
  private struct Row {
    let name: String
    var kind: String
    var path: String?
    var output: Shape
    var parameters = 0
    var flops = 0
    var normalised: Int?
  }

  /// - Parameters:
  ///   - component: the dotted name of the component.
  ///   - kind: what its own row is called.
  ///   - result: the shape of its result.
  ///   - batch: the number of samples of the pass.
  init(_ log: OperationLog, _ store: ParameterStore, component: String, _ kind: String, result: Shape, batch: Int) {
    func sample(_ shape: Shape) -> Shape {
      guard let place = shape.firstIndex(of: batch) else { return shape }
      var shape = shape
      shape.remove(at: place)
      return shape
    }
    var rows: [Row] = []
    var own = Row(name: component, kind: kind, output: [])
    var hasOwnOperations = false
    var layers: [Int: Int] = [:]  // rows of layers
    var products: [String: Int] = [:]  // rows of parameters
    var place: [Int: Int] = [:]  // the row that a value came from; none: the component's own, or an input
    var origin: [Int: String] = [:]  // the parameter that a value is a view of
    for (index, value) in log.values.enumerated() { origin[index] = value.parameter }
    // A name that was made twice is a mistake that is told when the pipeline is made.
    var uncounted = Dictionary(
      store.parameters.filter { $0.role == .weight }.map { ($0.name, $0.value.count) }, uniquingKeysWith: +)

    for entry in log.entries {
      let output = log.values[entry.output]
      let parameters = entry.inputs.compactMap { origin[$0] }
      guard output.isOfInput || entry.layer != nil else {
        // Parameters in another form: told of where they are used.
        if let first = parameters.first { origin[entry.output] = first }
        continue
      }
      let row: Int?
      if let layer = entry.layer {
        if layers[layer] == nil {
          layers[layer] = rows.count
          let new = log.layers[layer]
          rows.append(Row(name: new.name, kind: new.kind, path: new.path, output: []))
        }
        row = layers[layer]
      } else if let first = parameters.first, entry.operation.isProduct {
        if products[first] == nil {
          products[first] = rows.count
          rows.append(Row(name: first, kind: entry.name, output: []))
        }
        row = products[first]
      } else if let word = entry.operation.tail, let before = place[entry.inputs[0]] {
        if !rows[before].kind.hasSuffix(word) { rows[before].kind += ", " + word }
        row = before
      } else {
        row = nil
      }
      let flops = log.flops(entry)
      let share = output.isOfInput || output.shape.contains(batch) ? flops / batch : flops
      // A layer has its own parameters; what its input was made from belongs to the component.
      let counted = entry.layer == nil ? parameters : entry.inputs.compactMap { log.values[$0].parameter }
      let count = counted.reduce(0) { $0 + (uncounted.removeValue(forKey: $1) ?? 0) }
      if let row {
        rows[row].flops += share
        rows[row].parameters += count
        rows[row].output = sample(output.shape)
        if case .batchNormOfBatch = entry.operation {
          rows[row].normalised = Shape(log.values[entry.inputs[0]].shape.dropFirst(2)).elementCount
        }
        place[entry.output] = row
      } else {
        own.flops += share
        own.parameters += count
        hasOwnOperations = hasOwnOperations || entry.operation != .reshape
      }
    }
    own.parameters += uncounted.values.reduce(0, +)
    if rows.isEmpty || own.flops > 0 || own.parameters > 0 || hasOwnOperations {
      own.output = sample(result)
      rows.append(own)
    }
    self.rows = rows.map {
      ModelSummary.Layer(
        name: $0.name, kind: $0.kind, output: $0.output, parameters: $0.parameters, flops: $0.flops, path: $0.path,
        normalised: $0.normalised)
    }
  }
}

extension OperationLog.Value {
  /// The name of the parameter that it is.
  fileprivate var parameter: String? {
    guard case .parameter(let name) = source else { return nil }
    return name
  }
}

extension Operation {
  /// Whether it multiplies with a parameter and sums.
  fileprivate var isProduct: Bool {
    switch self {
    case .linear, .matmul, .convolution, .transposedConvolution: true
    default: false
    }
  }

  /// What a row says of it where it follows; nil: it is no tail of another row.
  fileprivate var tail: String? {
    switch self {
    case .unary(let function):
      switch function {
      case .relu, .gelu, .geluTanh, .sigmoid, .tanh, .silu, .exp, .square, .abs: "\(function)"
      case .leakyRelu: "leaky_relu"
      case .elu: "elu"
      case .softplus: "softplus"
      case .negate, .log, .log1p, .sqrt, .rsqrt, .sign, .sin, .cos, .erf, .pow, .clamp: nil
      }
    case .softmax: "softmax"
    case .dropout(let p): "dropout \(p)"
    case .maxPool(let kernel, _, _): "max pool \(kernel)"
    case .averagePool(let kernel, _, _): "average pool \(kernel)"
    case .adaptiveAveragePool: "average pool"
    default: nil
    }
  }
}
