import FusionComponents
import FusionCore

/// Multiplicative interaction of two modalities (Jayakumar et al. 2020, "Multiplicative Interactions and Where to Find
/// Them", section 3), in three forms of falling cost:
///
/// - `matrix`: y = x_2·(x_1·W + V) + x_1·U + b, with W [d_1, d_2, D], U [d_1, D], V [d_2, D], b [D];
/// - `vector`: y = (x_1 W + V) ⊙ x_2 + x_1 U + b, with W, U [d_1, d_2] and V, b [d_2];
/// - `scalar`: y = (x_1·w + v) x_2 + (x_1·u + b), with w, u [d_1] and v, b [1].
public struct BimodalInteractionFusion: Fusion {
  /// Its name in configurations.
  public static let name = "bimodal_interaction"
  /// What `fusionkit list` says of it.
  public static let summary = "the first modality makes a map that is applied to the second (Jayakumar 2020)"

  /// How much of the map depends on the first modality.
  public enum Form: String, Codable, CaseIterable, Sendable {
    case matrix, vector, scalar
  }

  /// The keys of `fusion: {type: bimodal_interaction}`.
  public struct Configuration: ComponentConfiguration {
    /// How much of the map depends on the first modality.
    public var form = Form.matrix
    /// The width of the result, for the form matrix; that of the second modality if not given.
    public var width: Int?
    /// Bounds [lower, upper] that parameters are clipped to when they are used.
    public var clip: [Double]?
    /// Bounds [lower, upper] that gradients of the parameters are clipped to.
    public var gradientClip: [Double]?
    /// Bounds [lower, upper] that the features of both modalities are clipped to.
    public var clipInputs: [Double]?
    /// Exchanges the two modalities, widths included.
    public var flip = false
    /// The defaults.
    public init() {}
    enum CodingKeys: String, CodingKey {
      case form, width, clip, flip
      case gradientClip = "gradient_clip"
      case clipInputs = "clip_inputs"
    }
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("form", "how much of the map depends on the first modality", Form.self),
      Option(
        "width", "the width of the result, for the form matrix; that of the second modality if not given", .size),
      Option("clip", "bounds [lower, upper] that parameters are clipped to when they are used"),
      Option("gradient_clip", "bounds [lower, upper] that gradients of the parameters are clipped to"),
      Option("clip_inputs", "bounds [lower, upper] that the features of both modalities are clipped to"),
      Option("flip", "exchanges the two modalities, widths included"),
    ]
  }

  /// Exactly two, in order.
  public static let traits = FusionTraits(fewest: 2, most: 2)

  /// The widths d_1, d_2 and D.
  private static func widths(_ configuration: Configuration, _ inputs: [ModalityShape]) -> (Int, Int, Int) {
    let (first, second) = configuration.flip ? (inputs[1].width, inputs[0].width) : (inputs[0].width, inputs[1].width)
    return (first, second, configuration.form == .matrix ? configuration.width ?? second : second)
  }

  /// The parameters of a form.
  private enum Parameters {
    case matrix(MatrixInteraction)
    /// The two forms that map each value of the second modality by itself.
    case values(W: Parameter, V: Parameter, U: Parameter, b: Parameter)
  }

  private let configuration: Configuration
  private let parameters: Parameters

  /// Draws the parameters: matrices Xavier normal, vectors and scalars N(0, 1). `clip` bounds the parameters as
  /// they are used, `clip_inputs` the features, `gradient_clip` their gradients; `flip` exchanges the modalities,
  /// widths included.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    self.configuration = configuration
    context.describe("\(Self.name), \(configuration.form)")
    for (key, bounds) in [
      ("clip", configuration.clip), ("gradient_clip", configuration.gradientClip),
      ("clip_inputs", configuration.clipInputs),
    ] {
      if let bounds, bounds.count != 2 || bounds[0] >= bounds[1] {
        context.problem("\(key) takes two rising bounds, [lower, upper], not \(bounds)", key: key)
      }
    }
    let (first, second, width) = Self.widths(configuration, inputs)
    if configuration.form != .matrix, let asked = configuration.width, asked != second {
      context.problem(
        "the form '\(configuration.form)' gives the width of the second modality, \(second), not \(asked)",
        key: "width", hint: "leave 'width' out, or choose the form matrix")
    }
    switch configuration.form {
    case .matrix:
      parameters = .matrix(MatrixInteraction(first: first, second: second, width: width, context: context))
    case .vector:
      parameters = .values(
        W: context.parameter("W", [first, second], .xavierNormal()), V: context.parameter("V", [second], .normal()),
        U: context.parameter("U", [first, second], .xavierNormal()), b: context.parameter("b", [second], .normal()))
    case .scalar:
      parameters = .values(
        W: context.parameter("W", [first], .normal()), V: context.parameter("V", [1], .normal()),
        U: context.parameter("U", [first], .normal()), b: context.parameter("b", [1], .normal()))
    }
  }

  /// Fuses a batch: x_1 `[N, d_1]`, x_2 `[N, d_2]` → y `[N, D]`; in the forms vector and scalar D = d_2.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let vectors = features.vectors.map { x in
      configuration.clipInputs.map { x.clamp(Float($0[0]), Float($0[1])) } ?? x
    }
    let (x1, x2) = configuration.flip ? (vectors[1], vectors[0]) : (vectors[0], vectors[1])
    switch parameters {
    case .matrix(let interaction):
      return interaction(x1, x2) { value($0, pass) }
    case .values(let W, let V, let U, let b):
      // The weights of the scalar form are columns: their maps are [N, 1] and apply to every value alike.
      let matrix = { (w: Tensor) in w.rank == 2 ? w : w.reshaped([w.count, 1]) }
      let (map, offset) = (x1.matmul(matrix(value(W, pass))), x1.matmul(matrix(value(U, pass))))
      return (map + value(V, pass)) * x2 + (offset + value(b, pass))
    }
  }

  /// A parameter as the forward pass uses it: clipped, and with its gradient clipped, where that is asked for.
  private func value(_ parameter: Parameter, _ pass: ForwardPass) -> Tensor {
    var value = pass[parameter]
    if let bounds = configuration.gradientClip {
      value = value.clippingGradient(lower: Float(bounds[0]), upper: Float(bounds[1]))
    }
    if let bounds = configuration.clip { value = value.clamp(Float(bounds[0]), Float(bounds[1])) }
    return value
  }
}

extension Tensor {
  /// The same values; the gradient that flows back is clipped element by element.
  fileprivate func clippingGradient(lower: Float, upper: Float) -> Tensor {
    Tensor.recorded("clippingGradient", inputs: [self], output: detached) { [$0.clamp(lower, upper)] }
  }
}
