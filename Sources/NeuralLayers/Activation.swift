import TensorEngine

/// The activations that a configuration can name.
public enum Activation: String, Sendable, Codable, CaseIterable {
  case relu

  /// Shapes: any, and the same out.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let value = x.detached
    let output = Tensor(shape: x.shape, device: x.device) { out in
      for i in 0..<out.count { out[i] = max(0, value.storage.base[i]) }
    }
    return .recorded("relu", inputs: [x], output: output) { gradient in
      [
        Tensor(shape: output.shape, device: output.device) { out in
          for i in 0..<out.count { out[i] = output.storage.base[i] > 0 ? gradient.storage.base[i] : 0 }
        }
      ]
    }
  }
}
