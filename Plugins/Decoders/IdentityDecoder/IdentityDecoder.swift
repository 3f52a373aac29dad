import FusionCore

/// No decoder: the fused features are the output. For fusions that decide themselves.
public struct IdentityDecoder: Decoder {
  public static let name = "identity"
  public static let summary = "hands the fused features on as the output, for fusions that decide themselves"
  public typealias Configuration = NoConfiguration
  public static var examples: [Example<Configuration>] { [Example(inputs: [[10]])] }
  public static let knownFailures = ["TRN-1": "there is nothing in it to train"]

  private let output: Shape

  public init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext) {
    if input.elementCount != output.elementCount {
      context.problem(
        "the fusion gives \(input.elementCount) values and the task asks for \(output.elementCount)", key: "type",
        hint: "give the fusion 'width: \(output.elementCount)', or choose the decoder 'linear' or 'mlp'")
    }
    self.output = output
  }

  public func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor {
    fused.reshaped([fused.shape[0]] + output)
  }
}
