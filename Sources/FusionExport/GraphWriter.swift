import FusionCore

/// Writes an ONNX graph node by node, with names that are all different.
struct GraphWriter {
  private(set) var model = OnnxModel()
  /// How names of nodes begin: the layer at work.
  var scope = ""
  private var used: Set<String> = []
  private var counts: [String: Int] = [:]
  private var constants: [String: String] = [:]
  private var batchSize: String?
  private var multiples: [Int: String] = [:]

  /// Takes a name that must be just this one.
  ///
  /// - Returns: false where it is taken already.
  mutating func reserve(_ name: String) -> Bool { used.insert(name).inserted }

  /// A name that begins like this and is nobody else's.
  private mutating func unique(_ base: String) -> String {
    var name = base
    while !used.insert(name).inserted {
      counts[base, default: 1] += 1
      name = "\(base)_\(counts[base]!)"
    }
    return name
  }

  /// Declares an input.
  mutating func addInput(_ input: OnnxModel.Value) { model.inputs.append(input) }

  /// Declares an output.
  mutating func addOutput(_ output: OnnxModel.Value) { model.outputs.append(output) }

  /// Adds to what a reader should know.
  mutating func addMetadata(_ key: String, _ value: String) { model.metadata.append((key, value)) }

  /// Writes a node with one result.
  ///
  /// - Parameters:
  ///   - name: of the result, reserved; a name after the scope and the operator if not given.
  /// - Returns: the name of the result.
  mutating func add(
    _ operation: String, _ inputs: [String], _ attributes: [(name: String, value: OnnxModel.Attribute)] = [],
    name: String? = nil
  ) -> String {
    add(operation, inputs, attributes, results: 1, name: name)[0]
  }

  /// Writes a node with several results.
  mutating func add(
    _ operation: String, _ inputs: [String], _ attributes: [(name: String, value: OnnxModel.Attribute)] = [],
    results: Int, name: String? = nil
  ) -> [String] {
    let own = unique((scope.isEmpty ? "" : scope + "/") + operation)
    let outputs = results == 1 ? [name ?? own] : [own] + (1..<results).map { unique("\(own).\($0)") }
    model.nodes.append(
      OnnxModel.Node(operation: operation, name: own, inputs: inputs, outputs: outputs, attributes: attributes))
    return outputs
  }

  /// Numbers under a name that is reserved for them.
  mutating func addInitializer(_ name: String, _ shape: Shape, _ values: some Collection<Float>) {
    model.initializers.append(
      OnnxModel.Initializer(
        name: name, type: .float32, shape: shape, bytes: littleEndian(values.map(\.bitPattern))))
  }

  /// Numbers that have no name of their own; the same ones once.
  mutating func floats(_ values: [Float], _ shape: Shape) -> String {
    constant(.float32, shape, littleEndian(values.map(\.bitPattern)))
  }

  /// Numbers in double precision.
  mutating func doubles(_ values: [Double], _ shape: Shape) -> String {
    constant(.float64, shape, littleEndian(values.map(\.bitPattern)))
  }

  /// A number.
  mutating func float(_ value: Float) -> String { floats([value], []) }

  /// Whole numbers: a list, unless another shape is given.
  mutating func ints(_ values: [Int], _ shape: Shape? = nil) -> String {
    constant(.int64, shape ?? [values.count], littleEndian(values.map { UInt64(bitPattern: Int64($0)) }))
  }

  /// A list of whole numbers of 32 bits.
  mutating func shortInts(_ values: [Int]) -> String {
    constant(.int32, [values.count], littleEndian(values.map { UInt32(bitPattern: Int32(clamping: $0)) }))
  }

  private mutating func constant(_ type: OnnxModel.ElementType, _ shape: Shape, _ bytes: [UInt8]) -> String {
    let key = bytes.count <= 256 ? "\(type) \(shape) \(bytes)" : nil
    if let key, let known = constants[key] { return known }
    let name = unique("constant")
    model.initializers.append(OnnxModel.Initializer(name: name, type: type, shape: shape, bytes: bytes))
    if let key { constants[key] = name }
    return name
  }

  /// So many for each sample, as a list of one whole number.
  private mutating func batch(_ factor: Int) -> String {
    if let known = multiples[factor] { return known }
    let outer = scope
    scope = ""
    defer { scope = outer }
    if batchSize == nil {
      batchSize = add(
        "Shape", [model.inputs[0].name], [("start", .int(0)), ("end", .int(1))])
    }
    let name = factor == 1 ? batchSize! : add("Mul", [batchSize!, ints([factor])])
    multiples[factor] = name
    return name
  }

  /// A shape as a list of whole numbers, computed where it follows from the number of samples.
  mutating func shape(_ sizes: [RecordedPair.Size]) -> String {
    let fixed = sizes.compactMap { if case .fixed(let count) = $0 { count } else { nil } }
    if fixed.count == sizes.count { return ints(fixed) }
    let pieces = sizes.map { size in
      switch size {
      case .fixed(let count): ints([count])
      case .perSample(let factor): batch(factor)
      }
    }
    return pieces.count == 1 ? pieces[0] : add("Concat", pieces, [("axis", .int(0))])
  }
}

private func littleEndian<Bits: FixedWidthInteger>(_ values: [Bits]) -> [UInt8] {
  values.map(\.littleEndian).withUnsafeBytes { Array($0) }
}
