import Foundation
import FusionCore

/// Gradient descent with momentum and gains, as scikit-learn's `_gradient_descent`.
final class Descent {
  /// Steps done.
  private(set) var iterations = 0
  private let gradient: EmbeddingGradient
  private let count: Int
  /// x of all points, then y.
  private let position: Storage
  private let update: Storage
  private let gains: Storage

  /// - Parameter start: `[N, 2]`.
  init(_ affinities: Affinities, start: [Float], angle: Double, device: Device) {
    count = start.count / 2
    gradient = EmbeddingGradient(affinities, angle: angle, device: device)
    (position, update, gains) = (Storage(count: 2 * count), Storage(count: 2 * count), Storage(count: 2 * count))
    for i in 0..<count { (position.base[i], position.base[count + i]) = (start[2 * i], start[2 * i + 1]) }
  }

  /// The points as they are now, `[N, 2]`.
  var points: [Float] { (0..<count).flatMap { [position.base[$0], position.base[count + $0]] } }

  /// Both phases; returns the divergence before the last step, as scikit-learn does.
  func run(_ settings: TSNE, rate: Float, _ advanced: (Int) -> Void) -> Double {
    let exploration = min(settings.explorationIterations, settings.iterations)
    restart()
    _ = descend(
      to: exploration, momentum: 0.5, rate: rate, exaggeration: Float(settings.exaggeration), patience: .max,
      isLast: exploration == settings.iterations, advanced)
    restart()
    guard settings.iterations > exploration else { return gradient.divergence }
    return descend(
      to: settings.iterations, momentum: 0.8, rate: rate, exaggeration: 1, patience: 300, isLast: true, advanced)
  }

  private func restart() {
    update.values.update(repeating: 0)
    gains.values.update(repeating: 1)
  }

  private func descend(
    to end: Int, momentum: Float, rate: Float, exaggeration: Float, patience: Int, isLast: Bool,
    _ advanced: (Int) -> Void
  ) -> Double {
    var (best, bestStep, divergence) = (Double.infinity, iterations, Double.infinity)
    while iterations < end {
      let step = iterations
      let isChecked = (step + 1).isMultiple(of: TSNE.checkInterval)
      let wantsDivergence = isLast && (isChecked || step == end - 1)
      gradient.compute(at: position, exaggeration: exaggeration, wantsDivergence: wantsDivergence)
      let length = move(momentum, rate)
      iterations += 1
      if wantsDivergence { divergence = gradient.divergence }
      guard isChecked else { continue }
      advanced(iterations)
      if wantsDivergence {
        if divergence < best {
          (best, bestStep) = (divergence, step)
        } else if step - bestStep > patience {
          break
        }
      }
      if length <= 1e-7 { break }
    }
    return divergence
  }

  /// One step; returns the length of the gradient, gains included.
  private func move(_ momentum: Float, _ rate: Float) -> Double {
    var squares = 0.0
    let (p, u, g, slope) = (position.base, update.base, gains.base, gradient.values.base)
    for i in 0..<2 * count {
      let gain = max(u[i] * slope[i] < 0 ? g[i] + 0.2 : g[i] * 0.8, 0.01)
      let scaled = slope[i] * gain
      let next = momentum * u[i] - rate * scaled
      (g[i], u[i]) = (gain, next)
      p[i] += next
      squares += Double(scaled) * Double(scaled)
    }
    return squares.squareRoot()
  }
}
