import FusionCore

// The places of an image as tokens: what convolutions hand to a fusion that looks at tokens.

extension Tensor {
  /// Shapes: an image `[N, C, H, W]` to tokens `[N, H · W, C]`, row by row.
  public var tokens: Tensor { flattened(from: 2).transposed(1, 2) }
}

/// The mirror of an encoder that hands on tokens: they become an image again, which another mirror takes.
public struct TokenMirror: ReconstructionDecoder {
  private let mirror: any ReconstructionDecoder

  /// Around a mirror that takes the flattened image.
  public init(_ mirror: any ReconstructionDecoder) { self.mirror = mirror }

  /// Shapes: tokens `[N, H · W, C]` to the encoder's input.
  public func callAsFunction(_ features: Tensor, _ pass: ForwardPass) -> Tensor {
    mirror(features.transposed(1, 2).flattened(from: 1), pass)
  }
}

extension Option {
  /// Whether an encoder of images hands on tokens.
  public static let tokens = Option(
    "tokens", "whether the places of the last image are handed on as tokens, row by row, instead of one flat vector")
}
