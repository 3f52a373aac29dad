import FusionCore

/// Fusion by addition: y = Σ_m P_m x_m.
public struct AddFusion: Fusion {
  public static let name = "add"
  public static let summary = "the sum of all modalities, mapped to one width where theirs differ: y = Σ_m P_m x_m"

  public struct Configuration: ComponentConfiguration {
    public var width: Int?
    public init() {}
    public static let options: [Option] = [
      Option("width", "the common width that every modality is mapped to; needed only to choose another", .size)
    ]
  }

  public static func traits(_ configuration: Configuration) -> FusionTraits {
    FusionTraits(orderMatters: false, missing: .skip)
  }

  public static func outputShape(
    _ configuration: Configuration, inputs: [ModalityShape], blueprint: inout Blueprint
  ) -> Shape? {
    let width = CommonWidth.infer(inputs, asked: configuration.width, blueprint: &blueprint)
    blueprint.layer("", "add", output: [width], flops: (inputs.count - 1) * width)
    return [width]
  }

  private let common: CommonWidth

  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    common = CommonWidth(inputs, asked: configuration.width, context: context)
  }

  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let terms = common(features, pass)
    return terms.dropFirst().reduce(terms[0], +)
  }
}
