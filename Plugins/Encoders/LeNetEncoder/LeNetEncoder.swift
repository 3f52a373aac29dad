import FusionComponents
import FusionCore

/// The convolutional encoder of PyKale's AV-MNIST example and of MultiBench.
///
/// Block i: convolution (5x5, padding 2 for the first, then 3x3, padding 1; no bias; channels · 2^i) → batch norm → ReLU
/// → max pool 2; the output is flattened, or its places are handed on as tokens.
public struct LeNetEncoder: Encoder {
  /// Its name in configurations.
  public static let name = "lenet"
  /// What `fusionkit list` says of it.
  public static let summary = "convolution, batch norm, ReLU and max pooling, the channels doubled in each block"

  /// The keys of `encoder: {type: lenet}`.
  public struct Configuration: ComponentConfiguration {
    /// Channels of the first block.
    public var channels = 6
    /// How many blocks; each doubles the channels and halves the image.
    public var blocks = 4
    /// Whether the places of the last image are handed on as tokens, row by row, instead of one flat vector.
    public var tokens = false
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("channels", "channels of the first block", .range(1, 4096)),
      Option("blocks", "how many blocks; each doubles the channels and halves the image", .range(1, 16)),
      .tokens,
    ]
  }

  private static func blocks(_ configuration: Configuration) -> [ConvolutionBlock] {
    (0..<configuration.blocks).map { index in
      ConvolutionBlock(
        channels: configuration.channels << index, kernel: index == 0 ? 5 : 3, bias: false, normalise: true,
        activation: .relu, pool: .max(2, stride: 2))
    }
  }

  private let stack: ConvolutionStack
  private let tokens: Bool

  /// Draws the parameters: `convs.<i>.weight` [O, I, K, K], Kaiming uniform; `norms.<i>.{weight, bias,
  /// running_mean, running_var}` [O].
  public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    stack = ConvolutionStack(Self.blocks(configuration), input: input, key: "blocks", context: context)
    tokens = configuration.tokens
  }

  /// Encodes a batch: `[N, C, H, W]` → `[N, channels · 2^(blocks−1) · ⌊H / 2^blocks⌋ · ⌊W / 2^blocks⌋]`, or tokens
  /// `[N, ⌊H / 2^blocks⌋ · ⌊W / 2^blocks⌋, channels · 2^(blocks−1)]`.
  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    let image = stack(input, pass)
    return tokens ? image.tokens : image.flattened(from: 1)
  }
}

extension LeNetEncoder: AutoencodableEncoder {
  /// The decoder that reconstructs the input: that of `conv`.
  public static func mirror(_ configuration: Configuration, input: Shape, context: BuildContext)
    -> any ReconstructionDecoder
  {
    let mirror = ConvolutionMirror(blocks(configuration), input: input, context: context)
    return configuration.tokens ? TokenMirror(mirror) : mirror
  }
}
