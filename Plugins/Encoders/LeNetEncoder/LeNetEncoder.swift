import FusionComponents
import FusionCore

/// The convolutional encoder of PyKale's AV-MNIST example and of MultiBench.
///
/// Block i: convolution (5x5, padding 2 for the first, then 3x3, padding 1; no bias; channels · 2^i) → batch norm → ReLU
/// → max pool 2; the output is flattened, or its places are handed on as tokens.
public struct LeNetEncoder: Encoder {
  public static let name = "lenet"
  public static let summary = "convolution, batch norm, ReLU and max pooling, the channels doubled in each block"

  public struct Configuration: ComponentConfiguration {
    public var channels = 6
    public var blocks = 4
    public var tokens = false
    public init() {}
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

  public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    stack = ConvolutionStack(Self.blocks(configuration), input: input, key: "blocks", context: context)
    tokens = configuration.tokens
  }

  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    let image = stack(input, pass)
    return tokens ? image.tokens : image.flattened(from: 1)
  }
}

extension LeNetEncoder: AutoencodableEncoder {
  public static func mirror(_ configuration: Configuration, input: Shape, context: BuildContext)
    -> any ReconstructionDecoder
  {
    let mirror = ConvolutionMirror(blocks(configuration), input: input, context: context)
    return configuration.tokens ? TokenMirror(mirror) : mirror
  }
}
