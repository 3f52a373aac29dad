import FusionCore

/// From a modality's numbers as they are stored to those that its part of the pipeline takes, as a batch does it.
struct InputConversion {
  /// The array that the model was trained on.
  let array: ArrayDescription
  /// How its numbers become those of the model.
  let conversion: ValueConversion

  /// The type of the stored numbers; nil: one that is not known.
  var type: OnnxModel.ElementType? {
    switch array.elementType {
    case "bool": .bool
    case "uint8": .uint8
    case "int8": .int8
    case "uint16": .uint16
    case "int16": .int16
    case "uint32": .uint32
    case "int32": .int32
    case "uint64": .uint64
    case "int64": .int64
    case "float16": .float16
    case "bfloat16": .bfloat16
    case "float32": .float32
    case "float64": .float64
    default: nil
    }
  }

  /// Whether a float32 holds every stored number exactly.
  private func isNarrow(_ type: OnnxModel.ElementType) -> Bool {
    switch type {
    case .bool, .uint8, .int8, .uint16, .int16, .float16, .bfloat16, .float32: true
    case .int32, .int64, .uint32, .uint64, .float64: false
    }
  }

  /// Writes the nodes: `(x · scale − mean) / deviation`. What has more digits than a float32 is computed in double precision,
  /// as when a batch is read.
  func write(_ input: String, type: OnnxModel.ElementType, to graph: inout GraphWriter) -> String {
    let isDouble = !isNarrow(type) && !conversion.isPlain
    func cast(_ x: String, _ to: OnnxModel.ElementType) -> String {
      to == type && x == input ? x : graph.add("Cast", [x], [("to", .int(to.rawValue))])
    }
    var x = cast(input, isDouble ? .float64 : .float32)
    func apply(_ operation: String, _ values: [Double], _ shape: Shape = []) {
      let constant = isDouble ? graph.doubles(values, shape) : graph.floats(values.map(Float.init), shape)
      x = graph.add(operation, [x, constant])
    }
    if conversion.scale != 1 { apply("Mul", [Double(conversion.scale)]) }
    if let features = conversion.features {
      let (shape, places) = layout(features.layout)
      subtract(places.map { features.means[$0] }, shape)
      apply("Mul", places.map { features.factors[$0] }, shape)
    } else {
      if conversion.mean != 0 { subtract([conversion.mean], []) }
      if conversion.deviation != 1 { apply("Div", [conversion.deviation]) }
    }
    return isDouble ? cast(x, .float32) : x

    /// A mean has more digits than a float32; what is left of it is subtracted after it.
    func subtract(_ means: [Double], _ shape: Shape) {
      apply("Sub", means, shape)
      let rest = means.map { $0 - Double(Float($0)) }
      if !isDouble, rest.contains(where: { $0 != 0 }) { apply("Sub", rest, shape) }
    }
  }

  /// The feature of each value that features are to be given for, and their shape, which broadcasts against a sample's.
  private func layout(_ layout: FeatureLayout) -> (shape: Shape, places: [Int]) {
    let sample = array.sampleShape
    if layout.stride == 1, sample.last == layout.count { return ([layout.count], Array(0..<layout.count)) }
    if sample.count > 1, sample.last == layout.stride, sample[sample.count - 2] == layout.count {
      return ([layout.count, 1], Array(0..<layout.count))
    }
    return (sample, (0..<sample.elementCount).map { $0 / layout.stride % layout.count })
  }
}
