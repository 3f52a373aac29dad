import FusionCore

/// No decoder: the fused features are the output. For fusions that decide themselves.
public struct IdentityDecoder: Decoder {
  /// Its name in configurations.
  public static let name = "identity"
  /// What `fusionkit list` says of it.
  public static let summary = "hands the fused features on as the output, for fusions that decide themselves"
  /// It has no keys.
  public typealias Configuration = NoConfiguration
  /// What the conformance checks try it with.
  public static var examples: [Example<Configuration>] { [Example(inputs: [[10]])] }
  /// The conformance checks that it cannot pass, and why.
  public static let knownFailures = ["TRN-1": "there is nothing in it to train"]

  private let output: Shape

  /// Nothing is drawn: it has no parameters.
  public init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext) {
    if input.elementCount != output.elementCount {
      context.problem(
        "the fusion gives \(input.elementCount) values and the task asks for \(output.elementCount)", key: "type",
        hint: "give the fusion 'width: \(output.elementCount)', or choose the decoder 'linear' or 'mlp'")
    }
    self.output = output
  }

  /// Decodes a batch: `[N, …]` of as many values as the task asks for → `[N, classes]`, or the shape of the
  /// targets; another number is refused before anything is trained.
  public func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor {
    fused.reshaped([fused.shape[0]] + output)
  }
}
