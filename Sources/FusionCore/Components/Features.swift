/// A named feature shape: what one modality hands to the fusion, for one sample, without the batch dimension.
public struct ModalityShape: Sendable, Equatable {
  /// The modality's name in the configuration.
  public let modality: String
  /// The shape for one sample: `[D]` for a vector, `[T, D]` for tokens.
  public let shape: Shape
  /// The number of values for one sample: the width after flattening.
  public var width: Int { shape.elementCount }

  /// A shape with a name.
  public init(_ modality: String, _ shape: Shape) {
    self.modality = modality
    self.shape = shape
  }
}

/// The features of all modalities for one batch, in the order of the configuration.
public struct Features {
  /// Modality names and their tensors `[N, …]`, in order.
  public let entries: [(modality: String, tensor: Tensor)]
  /// Which samples have which modality; nil: nothing is missing. The values of a modality in the rows of samples that lack
  /// it must not count; a pipeline puts zeros there.
  public let presence: Presence?

  /// Features in a given order.
  public init(_ entries: [(modality: String, tensor: Tensor)], presence: Presence? = nil) {
    self.entries = entries
    self.presence = presence
  }

  /// The tensors in order.
  public var tensors: [Tensor] { entries.map(\.tensor) }
  /// The tensors in order, each flattened to `[N, D]`.
  public var vectors: [Tensor] { entries.map { $0.tensor.rank == 2 ? $0.tensor : $0.tensor.flattened(from: 1) } }
}

extension [ModalityShape] {
  /// The width of all modalities side by side.
  public var totalWidth: Int { reduce(0) { $0 + $1.width } }
}
