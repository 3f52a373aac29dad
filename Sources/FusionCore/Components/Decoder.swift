/// From fused features to the task: logits of classes, or the values of a regression.
public protocol Decoder: Component {
  /// Makes the parameters for fused features of the shape `input`; `output` is the shape that the task asks for: `[classes]`,
  /// `[targets]`. Says by `context.problem` what does not fit.
  init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext)

  /// Shapes: `[N, …input]` to `[N, …output]`.
  func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor
}

extension Decoder {
  /// A decoder.
  public static var kind: ComponentKind { .decoder }
}
