import CFusionKernels

/// One block of a ``ConvolutionStack``: convolution → batch norm → activation → dropout → pooling, all but the first
/// optional. Every part behaves as its namesake in `torch.nn`.
public struct ConvolutionBlock: Sendable, Equatable {
  /// What follows the convolution, or the batch norm if there is one.
  public enum Activation: String, Sendable, Codable, CaseIterable { case none, relu, sigmoid, tanh }

  /// Pooling over whole windows, without padding.
  public enum Pool: Sendable, Equatable {
    /// No pooling.
    case none
    /// The maximum of each window; the gradient goes to the first of equals.
    case max(_ size: Int, stride: Int)
    /// The mean of each window.
    case average(_ size: Int, stride: Int)

    var size: Int { window?.size ?? 1 }
    var stride: Int { window?.stride ?? 1 }

    private var window: (size: Int, stride: Int)? {
      switch self {
      case .none: nil
      case .max(let size, let stride), .average(let size, let stride): (size, stride)
      }
    }
  }

  /// The number of output channels.
  public var channels: Int
  /// The height and width of the kernel.
  public var kernel: Int
  /// The step of the convolution.
  public var stride: Int
  /// Zeros around the image.
  public var padding: Int
  /// Whether the convolution adds a bias.
  public var bias: Bool
  /// Whether a batch norm follows: momentum 0.1, eps 1e-5, with weight and bias.
  public var normalise: Bool
  /// The activation.
  public var activation: Activation
  /// The probability that a value is set to zero in training, before pooling.
  public var dropout: Double
  /// The pooling.
  public var pool: Pool

  /// A block; `padding` is half the kernel if not given, which keeps the size of the image for odd kernels.
  public init(
    channels: Int, kernel: Int, stride: Int = 1, padding: Int? = nil, bias: Bool = true, normalise: Bool = false,
    activation: Activation = .relu, dropout: Double = 0, pool: Pool = .none
  ) {
    self.channels = channels
    self.kernel = kernel
    self.stride = stride
    self.padding = padding ?? kernel / 2
    self.bias = bias
    self.normalise = normalise
    self.activation = activation
    self.dropout = dropout
    self.pool = pool
  }

  /// In a few words, for example `conv 3x3, batch norm, relu, max pool 2`.
  public var summary: String {
    var words = ["conv \(kernel)x\(kernel)" + (stride > 1 ? " stride \(stride)" : "")]
    if normalise { words.append("batch norm") }
    if activation != .none { words.append(activation.rawValue) }
    if dropout > 0 { words.append("dropout \(dropout)") }
    switch pool {
    case .none: break
    case .max(let size, let stride): words.append("max pool \(size)" + (stride == size ? "" : " stride \(stride)"))
    case .average(let size, let stride):
      words.append("average pool \(size)" + (stride == size ? "" : " stride \(stride)"))
    }
    return words.joined(separator: ", ")
  }

  /// The block for the kernels; its numbers have been checked.
  var kernelBlock: fk_block {
    var block = fk_block()
    block.channels = Int32(channels)
    block.kernel = Int32(kernel)
    block.stride = Int32(stride)
    block.padding = Int32(padding)
    block.bias = bias ? 1 : 0
    block.normalise = normalise ? 1 : 0
    block.activation =
      switch activation {
      case .none: FK_LINEAR
      case .relu: FK_RELU
      case .sigmoid: FK_SIGMOID
      case .tanh: FK_TANH
      }
    block.dropout = Float(dropout)
    block.pooling =
      switch pool {
      case .none: FK_NO_POOL
      case .max: FK_MAX_POOL
      case .average: FK_AVERAGE_POOL
      }
    block.pool_size = Int32(pool.size)
    block.pool_stride = Int32(pool.stride)
    return block
  }
}
