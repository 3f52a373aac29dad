// The type of docs/writing-a-fusion.md, word for word: GuideTests compares.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
import FusionCore

/// A gate per modality decides how much of it counts: y = Σ_m σ(G_m x_m) ⊙ P_m x_m.
public struct GatedSumFusion: Fusion {
  public static let name = "gated_sum"
  public static let summary = "a sum in which every modality is gated by itself"

  public struct Configuration: ComponentConfiguration {
    public var width = 64
    public init() {}
    public static let options: [Option] = [Option("width", "the width of the result", .size)]
  }

  public static let traits = FusionTraits(orderMatters: false, missing: .skip)

  private let gates: [Linear]
  private let projections: [Linear]

  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    func linear(_ part: String, _ input: ModalityShape) -> Linear {
      Linear(
        inputs: input.width, outputs: configuration.width, context: context.scope("\(part).\(input.modality)"))
    }
    gates = inputs.map { linear("gates", $0) }
    projections = inputs.map { linear("projections", $0) }
  }

  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let terms = zip(features.vectors, zip(gates, projections)).map { x, layers in
      layers.0(x, pass).sigmoid() * layers.1(x, pass)
    }
    return features.leavingOut(terms).total()
  }
}
