/// From a modality's tensor to features: a vector `[N, D]`, or tokens `[N, T, D]`.
public protocol Encoder: Component {
  /// Makes the parameters for samples of the shape `input`; says by `context.problem` what does not fit.
  init(_ configuration: Configuration, input: Shape, context: BuildContext)

  /// Shapes: `[N, …input]` to `[N, …output]`.
  func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor
}

extension Encoder {
  /// An encoder.
  public static var kind: ComponentKind { .encoder }
}
