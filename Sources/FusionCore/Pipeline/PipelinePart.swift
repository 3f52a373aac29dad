/// A part of a pipeline that a stage of training trains or freezes.
public enum PipelinePart: Hashable, Sendable {
  /// The encoder of a modality, with the modality's own parameters.
  case encoder(String)
  /// The fusion.
  case fusion
  /// The decoder.
  case decoder

  /// As in a configuration: `encoders.image`, `fusion`, `decoder`.
  public var name: String {
    switch self {
    case .encoder(let modality): "encoders.\(modality)"
    case .fusion: "fusion"
    case .decoder: "decoder"
    }
  }

  /// Whether a parameter of this name belongs to the part.
  public func owns(_ parameter: String) -> Bool {
    if case .encoder(let modality) = self, parameter.hasPrefix("modalities.\(modality).") { return true }
    return parameter.hasPrefix(name + ".")
  }
}

extension PipelineSpecification {
  /// All parts, in order.
  public var parts: [PipelinePart] { branches.map { .encoder($0.name) } + [.fusion, .decoder] }
}
