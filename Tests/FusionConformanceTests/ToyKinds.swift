import FusionCore

/// A valid encoder: a linear layer over the flattened input, then tokens; with ENC-1 broken it gives a map.
struct ToyEncoder<F: Flaw>: Encoder {
  static var name: String { "toy" }
  static var summary: String { "two tokens" }
  typealias Configuration = NoConfiguration
  private static var output: Shape { F.id == "ENC-1" ? [1, 2, 3] : [2, 3] }

  private let linear: Linear
  init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    if input.count > 3 {
      context.problem(F.id == "SHP-2" ? "a shape is wrong" : "expected up to 3 dimensions, got \(input)")
    }
    linear = Linear(inputs: input.elementCount, outputs: 6, context: context)
  }
  func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    let y = linear(input.flattened(from: 1), pass).tanh().reshaped([input.shape[0]] + Self.output)
    return F.id == "TRN-1" ? y * 1e-4 : y
  }
}

/// A valid decoder: a linear layer; with DEC-1 broken it ends in one value, whatever is asked for.
struct ToyDecoder<F: Flaw>: Decoder {
  static var name: String { "toy" }
  static var summary: String { "a linear layer" }
  typealias Configuration = NoConfiguration
  private static func outputs(_ asked: Shape) -> Int { F.id == "DEC-1" ? 1 : asked.elementCount }

  private let linear: Linear
  init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext) {
    if input.count > 3 {
      context.problem(F.id == "SHP-2" ? "a shape is wrong" : "expected up to 3 dimensions, got \(input)")
    }
    linear = Linear(inputs: input.elementCount, outputs: Self.outputs(output), context: context)
  }
  func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor { linear(fused.flattened(from: 1), pass) }
}

/// A valid modality: values as they are; with MOD-1 broken they are scaled to nothing.
struct ToyModality<F: Flaw>: Modality {
  static var name: String { "toy" }
  static var summary: String { "values as they are" }
  typealias Configuration = NoConfiguration

  static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion {
    ValueConversion(scale: F.id == "MOD-1" ? 0 : 1)
  }
  init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext) {
    if F.id == "SHP-2", input.sampleShape.count > 3 { context.problem("a shape is wrong") }
  }
  func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor { raw }
}
