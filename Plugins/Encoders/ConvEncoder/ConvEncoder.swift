import FusionComponents
import FusionCore

/// Convolution blocks of any kernel and activation: convolution → batch norm → activation → dropout → pooling, the output
/// flattened, or its places handed on as tokens.
public struct ConvEncoder: Encoder {
  /// Its name in configurations.
  public static let name = "conv"
  /// What `fusionkit list` says of it.
  public static let summary = "convolution blocks of chosen kernel, activation, norm, dropout and pooling, flattened"

  /// What follows the convolution, or its batch norm.
  public enum Nonlinearity: String, Codable, CaseIterable, Sendable {
    case relu, sigmoid, tanh, linear
  }
  /// How a block makes its image smaller.
  public enum Pooling: String, Codable, CaseIterable, Sendable {
    case max, average, none
  }

  /// The keys of `encoder: {type: conv}`.
  public struct Configuration: ComponentConfiguration {
    /// Channels of each block; of the first one, where 'blocks' is given.
    public var channels = [16, 32]
    /// How many blocks, each with twice the channels of the one before.
    public var blocks: Int?
    /// Height and width of the kernels.
    public var kernel = 3
    /// Height and width of the first block's kernel, where it differs.
    public var firstKernel: Int?
    /// Step of the convolutions.
    public var stride = 1
    /// Zeros around the image; half the kernel if not given, which keeps its size.
    public var padding: Int?
    /// What follows the convolution, or its batch norm.
    public var activation = Nonlinearity.relu
    /// Whether a batch norm follows each convolution, which then has no bias.
    public var batchNorm = true
    /// Share of values set to zero in training, before pooling.
    public var dropout = 0.0
    /// How each block makes its image smaller.
    public var pool = Pooling.max
    /// Height, width and step of the pooling.
    public var poolSize = 2
    /// Whether the places of the last image are handed on as tokens, row by row, instead of one flat vector.
    public var tokens = false
    /// The defaults.
    public init() {}
    enum CodingKeys: String, CodingKey {
      case channels, blocks, kernel, stride, padding, activation, dropout, pool, tokens
      case firstKernel = "first_kernel"
      case batchNorm = "batch_norm"
      case poolSize = "pool_size"
    }
    /// Each key with its meaning and the values that it takes.
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

  /// Draws the parameters: `convs.<i>.weight` [O, I, K, K], uniform within ±1 / √(I·K²) as PyTorch's;
  /// `convs.<i>.bias` [O] without batch norm; `norms.<i>.{weight, bias, running_mean, running_var}` [O].
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

  /// Encodes a batch: `[N, C, H, W]` → `[N, channels · H' · W']`, or tokens `[N, H' · W', channels]`; a convolution
  /// makes ⌊(H + 2·padding − kernel) / stride⌋ + 1 rows, pooling ⌊rows / pool_size⌋.
  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    let image = stack(input, pass)
    return tokens ? image.tokens : image.flattened(from: 1)
  }
}

extension ConvEncoder: AutoencodableEncoder {
  /// The decoder that reconstructs the input: block by block from the last: pixels repeated to the size before
  /// pooling → transposed convolution of the same kernel, stride and padding → batch norm → activation; the last
  /// one linear, no dropout.
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
