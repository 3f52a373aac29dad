import FusionCore

/// One perceptron a modality, each to the same width: what decides from a modality alone.
///
/// Parameters: `<name>.<modality>.layers.<i>.{weight, bias}`.
public struct ModalityHeads {
  private let heads: [MultilayerPerceptron]

  /// Makes the parameters in `context`.
  public init(
    _ name: String, _ inputs: [ModalityShape], hidden: [Int], width: Int, context: BuildContext
  ) {
    heads = inputs.map {
      MultilayerPerceptron(
        inputs: $0.width, hidden: hidden, outputs: width, context: context.scope("\(name).\($0.modality)"))
    }
  }

  /// One tensor `[N, width]` a modality.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> [Tensor] {
    zip(heads, features.vectors).map { $0($1, pass) }
  }
}

/// The options of fusions in which each modality decides for itself.
public struct DecisionConfiguration: ComponentConfiguration {
  /// The number of values that each modality decides on.
  public var width = 10
  /// The hidden widths of each head.
  public var hidden: [Int] = []
  /// The defaults: one linear layer to ten classes.
  public init() {}
  /// One entry per key.
  public static let options: [Option] = [
    Option("width", "the number of classes that each modality decides among; the decoder 'identity' checks it", .size),
    Option("hidden", "width of each hidden layer of a modality's head", .size),
  ]
}

/// A fusion of the decisions that each modality makes for itself: all that such fusions share.
///
/// Its output is meant for the decoder `identity`: logarithms of probabilities, whose softmax the task takes, which
/// changes nothing.
public protocol DecisionFusion: Fusion where Configuration == DecisionConfiguration {
  /// Joins the values `[N, width]` of each modality's head, at least one, to logarithms of probabilities `[N, width]`.
  ///
  /// - Parameter features: what was decided on; tells which decisions do not count.
  static func join(_ decisions: [Tensor], _ features: Features) -> Tensor
  /// One head a modality.
  var heads: ModalityHeads { get }
  /// The fusion around those heads.
  init(heads: ModalityHeads)
}

extension DecisionFusion {
  /// Any number of modalities in any order; a missing one does not vote.
  public static var traits: FusionTraits {
    FusionTraits(orderMatters: false, missing: .skip, sideOutputs: ["logits.<modality>"])
  }

  /// Makes the heads.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    self.init(
      heads: ModalityHeads(
        "heads", inputs, hidden: configuration.hidden, width: configuration.width, context: context))
  }

  /// Shapes: features `[N, …]` to `[N, width]`. Names `logits.<modality>` `[N, width]`, what each modality decides.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let decisions = heads(features, pass)
    for (entry, decision) in zip(features.entries, decisions) { pass.sideOutput("logits.\(entry.modality)", decision) }
    return Self.join(decisions, features)
  }
}
