import FusionCore

/// A component with a configuration on inputs of given shapes, its kind forgotten: what the checks look at.
struct Specimen: Sendable {
  /// A component at work. Shapes: one `[N, …]` per input to `[N, …output]`.
  typealias Forward = (_ inputs: [Tensor], _ pass: ForwardPass) -> Tensor

  /// What a run without values says.
  enum Verdict {
    case accepted(Shape, ModelSummary)
    case refused([Problem])
  }

  let kind: ComponentKind
  let name: String
  /// What differs from the defaults, in words; empty: nothing.
  let configuration: String
  /// Names and shapes of one sample of the inputs; encoders, decoders and modalities have one.
  let inputs: [ModalityShape]
  /// What the data set says about the array that a modality reads.
  var array: ArrayDescription?
  /// The shape that a decoder is asked for.
  var asked: Shape?
  /// The one input because of whose odd shape the others, which would be accepted, are not; nil: none, or not known.
  var oddInput: Int?
  /// Whether the order of the inputs may matter.
  var orderMatters = true
  let isStochastic: Bool
  /// How stored values become those of an input, for a modality.
  var conversion: (@Sendable () -> ValueConversion)?
  let infer: @Sendable (inout ModelSummary) -> Shape?
  let make: @Sendable (BuildContext) -> Forward
  /// The same with its inputs in another order, for fusions.
  var reordered: (@Sendable (_ order: [Int]) -> Specimen)?

  /// How it deals with missing modalities, for fusions.
  var missing: Missing?

  /// A fusion with the policy that it declares.
  struct Missing: Sendable {
    /// A fusion at work on samples that may lack modalities.
    typealias Forward = (_ inputs: [Tensor], _ presence: Presence?, _ pass: ForwardPass) throws -> Tensor

    let policy: MissingModalityPolicy
    let make: @Sendable (BuildContext) -> Forward
    /// The same fusion of the first modalities alone; nil where it does not take so few.
    let first: @Sendable (_ count: Int) -> Specimen?
  }

  /// Runs it without values.
  var verdict: Verdict {
    var summary = ModelSummary()
    let shape = infer(&summary)
    guard summary.problems.isEmpty else { return .refused(summary.problems) }
    return shape.map { .accepted($0, summary) } ?? .refused([])
  }

  /// The inferred shape of one sample's output; nil where there is none.
  var output: Shape? {
    if case .accepted(let shape, _) = verdict { return shape }
    return nil
  }

  /// For traces: `modalities image [5], audio [3]`.
  var inputsDescription: String {
    guard kind == .fusion else { return "input \(inputs[0].shape)" + (array.map { " \($0.elementType)" } ?? "") }
    return "modalities " + inputs.map { "\($0.modality) \($0.shape)" }.joined(separator: ", ")
  }
}
