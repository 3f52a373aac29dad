import Foundation
import TensorEngine

/// How the first values of a parameter are drawn: PyTorch's `torch.nn.init`, with its way of counting fans.
public enum Initializer: Sendable {
  /// All zero.
  case zeros
  /// All one.
  case ones
}

extension Initializer {
  /// Values for a parameter of this shape, drawn from `random`.
  public func tensor(shape: Shape, random: RandomStream, device: Device) -> Tensor {
    switch self {
    case .zeros: Tensor(repeating: 0, shape: shape, device: device)
    case .ones: Tensor(repeating: 1, shape: shape, device: device)
    }
  }
}
