import FusionCore

/// No decoder: the fused features are the output. For fusions that decide themselves.
public struct IdentityDecoder: Decoder {
  public static let name = "identity"
  public static let summary = "hands the fused features on as the output, for fusions that decide themselves"
  public typealias Configuration = NoConfiguration
  public static var examples: [Example<Configuration>] { [Example(inputs: [[10]])] }
  public static let knownFailures = ["TRN-1": "there is nothing in it to train"]

  public static func check(_ configuration: Configuration, input: Shape, output: Shape, blueprint: inout Blueprint) {
    guard input.elementCount == output.elementCount else {
      blueprint.problem(
        "the fusion gives \(input.elementCount) values and the task asks for \(output.elementCount)", key: "type",
        hint: "give the fusion 'width: \(output.elementCount)', or choose the decoder 'linear' or 'mlp'")
      return
    }
    blueprint.layer("", "identity", output: output)
  }

  private let output: Shape

  public init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext) {
    self.output = output
  }

  public func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor {
    fused.reshaped([fused.shape[0]] + output)
  }
}
