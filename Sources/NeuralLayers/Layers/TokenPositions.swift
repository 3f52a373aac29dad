import Foundation
import TensorEngine

/// What is added to tokens, so that each tells where it stands. Shapes: `[N, tokens, width]` and the same out.
public struct TokenPositions {
  /// How a token tells where it stands.
  public enum Kind: String, Codable, CaseIterable, Sendable {
    /// By a learned vector, N(0, 0.02²).
    case learned
    /// By sines and cosines of rising wavelength.
    case sinusoidal
    /// Not at all.
    case none
  }

  private let learned: Parameter?
  private let fixed: Tensor?

  /// Makes the parameter `[1, tokens, width]` of this name in `context`, where positions are learned.
  public init(_ kind: Kind, _ name: String = "positions", tokens: Int, width: Int, context: BuildContext) {
    learned = kind == .learned ? context.parameter(name, [1, tokens, width], .normal(deviation: 0.02)) : nil
    fixed = kind == .sinusoidal ? Self.sinusoidal(tokens: tokens, width: width, device: context.device) : nil
  }

  /// Adds the positions.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    if let learned { return x + pass[learned] }
    return fixed.map { x + $0 } ?? x
  }

  /// sin(t / 10000^(2i / width)) at 2i, its cosine at 2i + 1 (Vaswani et al. 2017, section 3.5), `[1, tokens, width]`.
  private static func sinusoidal(tokens: Int, width: Int, device: Device) -> Tensor {
    Tensor(shape: [1, tokens, width], device: device) { values in
      for token in 0..<tokens {
        for index in 0..<width {
          let angle = Double(token) / pow(10_000, Double(index / 2 * 2) / Double(width))
          values[token * width + index] = Float(index % 2 == 0 ? sin(angle) : cos(angle))
        }
      }
    }
  }
}
