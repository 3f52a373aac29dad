import FusionComponents
import FusionCore

/// Convolution blocks of any kernel and activation: convolution → batch norm → activation → dropout → pooling, the output
/// flattened, or its places handed on as tokens.
public struct ConvEncoder: Encoder {
  public static let name = "conv"
  public static let summary = "convolution blocks of chosen kernel, activation, norm, dropout and pooling, flattened"

  /// What follows the convolution, or its batch norm.
  public enum Nonlinearity: String, Codable, CaseIterable, Sendable {
    case relu, sigmoid, tanh, linear
  }
  /// How a block makes its image smaller.
  public enum Pooling: String, Codable, CaseIterable, Sendable {
    case max, average, none
  }

  public struct Configuration: ComponentConfiguration {
    public var channels = [16, 32]
    public var blocks: Int?
    public var kernel = 3
    public var firstKernel: Int?
    public var stride = 1
    public var padding: Int?
    public var activation = Nonlinearity.relu
    public var batchNorm = true
    public var dropout = 0.0
    public var pool = Pooling.max
    public var poolSize = 2
    public var tokens = false
    public init() {}
    enum CodingKeys: String, CodingKey {
      case channels, blocks, kernel, stride, padding, activation, dropout, pool, tokens
      case firstKernel = "first_kernel"
      case batchNorm = "batch_norm"
      case poolSize = "pool_size"
    }
    public static let options: [Option] = [
      Option("channels", "channels of each block; of the first one, where 'blocks' is given", .range(1, 4096)),
      Option("blocks", "how many blocks, each with twice the channels of the one before", .range(1, 16)),
      Option("kernel", "height and width of the kernels", .range(1, 31)),
      Option("first_kernel", "height and width of the first block's kernel, where it differs", .range(1, 31)),
      Option("stride", "step of the convolutions", .range(1, 64)),
      Option("padding", "zeros around the image; half the kernel if not given, which keeps its size", .range(0, 64)),
      Option("activation", "what follows the convolution, or its batch norm", Nonlinearity.self),
      Option("batch_norm", "whether a batch norm follows each convolution, which then has no bias"),
      Option("dropout", "share of values set to zero in training, before pooling", .range(0, 1, includesUpper: false)),
      Option("pool", "how each block makes its image smaller", Pooling.self),
      Option("pool_size", "height, width and step of the pooling", .range(1, 64)),
      .tokens,
    ]
  }

  private static func blocks(_ configuration: Configuration) -> [ConvolutionBlock] {
    let channels =
      configuration.blocks.map { count in (0..<count).map { configuration.channels[0] << $0 } }
      ?? configuration.channels
    return channels.enumerated().map { index, channels in
      ConvolutionBlock(
        channels: channels,
        kernel: index == 0 ? configuration.firstKernel ?? configuration.kernel : configuration.kernel,
        stride: configuration.stride, padding: configuration.padding, bias: !configuration.batchNorm,
        normalise: configuration.batchNorm, activation: configuration.activation.ofBlock,
        dropout: configuration.dropout, pool: configuration.pool.ofBlock(configuration.poolSize))
    }
  }

  private let stack: ConvolutionStack
  private let tokens: Bool

  public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    if configuration.channels.isEmpty {
      context.refuse("'channels' names no block", key: "channels", hint: "one number a block: [16, 32]")
    }
    if let blocks = configuration.blocks, configuration.channels.count != 1 {
      context.refuse(
        "'blocks' counts \(blocks) blocks that start from one number of channels, and 'channels' has "
          + "\(configuration.channels.count)", key: "blocks", hint: "leave one of them out: channels: [6], blocks: 4")
    }
    stack = ConvolutionStack(
      Self.blocks(configuration), input: input, key: configuration.blocks == nil ? "channels" : "blocks",
      context: context)
    tokens = configuration.tokens
  }

  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    let image = stack(input, pass)
    return tokens ? image.tokens : image.flattened(from: 1)
  }
}

extension ConvEncoder: AutoencodableEncoder {
  public static func mirror(_ configuration: Configuration, input: Shape, context: BuildContext)
    -> any ReconstructionDecoder
  {
    let mirror = ConvolutionMirror(blocks(configuration), input: input, context: context)
    return configuration.tokens ? TokenMirror(mirror) : mirror
  }
}

extension ConvEncoder.Nonlinearity {
  fileprivate var ofBlock: ConvolutionBlock.Activation {
    switch self {
    case .relu: .relu
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .linear: .none
    }
  }
}

extension ConvEncoder.Pooling {
  fileprivate func ofBlock(_ size: Int) -> ConvolutionBlock.Pool {
    switch self {
    case .max: .max(size, stride: size)
    case .average: .average(size, stride: size)
    case .none: .none
    }
  }
}
