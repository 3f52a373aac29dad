import Foundation
import FusionCore

/// The gradients of a specimen against central differences, in training mode.
///
/// The scalar looked at is f = Σ c_i y_i with random c, summed in double precision. Of each parameter and each input a few
/// elements are moved, and the whole tensor along two directions: its own gradient, where the derivative is largest, and
/// a random one. Two step sizes, h and h/2, give an extrapolated difference (Richardson). There is a kink within reach
/// (ReLU, max) where the two disagree, or where the slopes on both sides do not approach each other as h does 0: smaller
/// steps are tried then, and in the end the point is left out. A tensor that loses more than half of its points, on every
/// batch that is tried, is a failure, so that nothing passes unseen.
struct GradientComparison {
  static let allowed = 0.01

  private let trial: BuiltComponent
  private let inputs: [Tensor]
  private let weights: [Float]
  private let buffers: [(Tensor, [Float])]
  private let targets: [Target]
  /// f where nothing is moved.
  private let center: Double

  /// A tensor that can be moved, and its gradient by the tape.
  private struct Target {
    let label: String
    let tensor: Tensor
    let gradient: [Float]
  }

  /// One comparison.
  private enum Point {
    case equal
    case differs(analytic: Double, numeric: Double, error: Double, place: String)
    case notSmooth
  }

  /// Nil where the output has another shape than was inferred: SHP-1.
  init?(_ specimen: Specimen, seed: UInt64, draw: Int) {
    guard let shape = specimen.output else { return nil }
    trial = BuiltComponent(specimen, seed: seed)
    // Copies of its own: they are moved in place.
    inputs = trial.inputs(batch: 3, draw: draw)
    let weights = trial.outputWeights([3] + shape)
    self.weights = weights.scalars
    buffers = trial.store.parameters.filter { $0.role == .buffer }.map { ($0.value, $0.value.scalars) }
    let gradients = trial.backward(inputs, weights: weights)
    guard gradients.output.shape == weights.shape else { return nil }
    func target(_ label: String, _ tensor: Tensor, _ gradient: Tensor?) -> Target {
      Target(
        label: "\(label) \(tensor.shape)", tensor: tensor,
        gradient: gradient?.scalars ?? Array(repeating: 0, count: tensor.count))
    }
    targets =
      trial.store.trainable.map { target("parameter '\($0.name)'", $0.value, $0.gradient) }
      + zip(specimen.inputs, zip(inputs, gradients.inputs)).map { target("input '\($0.modality)'", $1.0, $1.1) }
    center = Self.objective(trial, inputs, self.weights, buffers).sum
  }

  /// What differs, and what could not be told on any of three batches.
  static func findings(_ specimen: Specimen, seed: UInt64) -> [Findings.Finding] {
    var unclear: [Findings.Finding] = []
    for draw in 0..<3 {
      guard let results = GradientComparison(specimen, seed: seed, draw: draw)?.results() else { return [] }
      guard results.wrong.isEmpty else { return results.wrong }
      if results.unclear.isEmpty { return [] }
      unclear = results.unclear
    }
    return unclear
  }

  /// The worst point of each tensor that is wrong, and the tensors that lost most of their points.
  private func results() -> (wrong: [Findings.Finding], unclear: [Findings.Finding]) {
    let few = targets.count > 16
    var results: (wrong: [Findings.Finding], unclear: [Findings.Finding]) = ([], [])
    for (index, target) in targets.enumerated() {
      let random = RandomStream(seed: UInt64(index)).derived("conformance.points")
      let points =
        directions(target, random).map { point(target, direction: $0.values, $0.place) }
        + elements(target, random, count: few ? 2 : 4).map { element in
          var direction = [Float](repeating: 0, count: target.tensor.count)
          direction[element] = 1
          return point(target, direction: direction, "element \(position(element, in: target.tensor.shape))")
        }
      if let wrong = worst(target, points) {
        results.wrong.append(wrong)
      } else if let unclear = lost(target, points) {
        results.unclear.append(unclear)
      }
    }
    return results
  }

  private func worst(_ target: Target, _ points: [Point]) -> Findings.Finding? {
    var worst: (analytic: Double, numeric: Double, error: Double, place: String)?
    for case .differs(let analytic, let numeric, let error, let place) in points where error > worst?.error ?? 0 {
      worst = (analytic, numeric, error, place)
    }
    guard let worst else { return nil }
    return Findings.Finding(
      lines: [
        "\(target.label), worst \(worst.place)",
        "analytic \(short(worst.analytic))   numeric \(short(worst.numeric))   relative error \(short(worst.error)) "
          + "(allowed \(Self.allowed))",
      ], trace: [], hint: hint(worst.analytic / worst.numeric))
  }

  private func lost(_ target: Target, _ points: [Point]) -> Findings.Finding? {
    let skipped = points.count { if case .notSmooth = $0 { true } else { false } }
    guard skipped * 2 > points.count else { return nil }
    return Findings.Finding(
      lines: [
        target.label,
        "\(skipped) of \(points.count) points are not smooth: two step sizes disagree   expected half of them at most",
      ], trace: [], hint: "a step function, or values rounded on the way? Its derivative cannot be told")
  }

  private func hint(_ ratio: Double) -> String? {
    for (value, text) in [
      (0.5, "ratio near 0.5: a broadcast gradient may be summed or averaged twice"),
      (2, "ratio near 2: a term may be counted twice"),
      (-1, "ratio near -1: a sign"),
      (0, "no gradient flows: a path cut by detached, or a pullback that gives nil"),
    ] where (ratio - value).magnitude < 0.05 { return text }
    return nil
  }

  /// The gradient itself, and a random direction; unit vectors.
  private func directions(_ target: Target, _ random: RandomStream) -> [(values: [Float], place: String)] {
    guard target.tensor.count > 1 else { return [] }
    let noise = random.derived("direction").normal([target.tensor.count], device: trial.device).scalars
    let own = unit(target.gradient)
    let mixed = zip(own ?? noise, unit(noise) ?? noise).map { $0 + $1 }
    return [own.map { ($0, "direction: along the gradient") }, unit(mixed).map { ($0, "direction: a random one") }]
      .compactMap { $0 }
  }

  /// The element of the largest gradient, and some at random.
  private func elements(_ target: Target, _ random: RandomStream, count: Int) -> [Int] {
    let size = target.tensor.count
    guard size > count else { return Array(0..<size) }
    let largest = target.gradient.indices.max { target.gradient[$0].magnitude < target.gradient[$1].magnitude } ?? 0
    let others = (0..<count).map { random.derived("element").integer(below: size, at: $0) }
    return Array(Set([largest] + others)).sorted()
  }

  private func point(_ target: Target, direction: [Float], _ place: String) -> Point {
    let analytic = zip(target.gradient, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    let typical = Double(target.gradient.map(\.magnitude).max() ?? 0)
    // What is wrong stays wrong however small the step; a kink within reach of one step lies beyond a smaller one.
    var verdict = Point.notSmooth
    for h in [0x1p-6, 0x1p-8, 0x1p-10, 0x1p-12] as [Float] {
      let wide = slope(target, direction, h)
      let narrow = slope(target, direction, h / 2)
      let numeric = (4 * narrow.value - wide.value) / 3
      let scale = max(analytic.magnitude, numeric.magnitude, typical * 0.05)
      let error = min((analytic - numeric).magnitude, (analytic - narrow.value).magnitude)
      if error <= Self.allowed * scale || error <= 2 * narrow.noise { return .equal }
      guard narrow.noise * 4 <= Self.allowed * scale else { break }
      let kink = (2 * narrow.bend - wide.bend).magnitude
      let isSmooth = max((wide.value - narrow.value).magnitude, kink / 2) <= Self.allowed * scale / 2
      verdict =
        isSmooth ? .differs(analytic: analytic, numeric: numeric, error: error / scale, place: place) : .notSmooth
    }
    return verdict
  }

  /// A difference quotient.
  private struct Slope {
    /// Over ±h.
    let value: Double
    /// The slope ahead minus the slope behind: in proportion to h where f is smooth.
    let bend: Double
    /// What rounding may add.
    let noise: Double
  }

  /// The central difference over ±h.
  private func slope(_ target: Target, _ direction: [Float], _ h: Float) -> Slope {
    let storage = target.tensor.storage.values
    let before = target.tensor.scalars
    var moved = 0.0
    func value(_ sign: Float) -> (sum: Double, noise: Double) {
      for index in before.indices where direction[index] != 0 {
        storage[index] = before[index] + sign * h * direction[index]
      }
      // What was really moved, after rounding, along the direction.
      for index in before.indices where direction[index] != 0 {
        moved += Double(sign) * Double(storage[index] - before[index]) * Double(direction[index])
      }
      defer { _ = storage.update(fromContentsOf: before) }
      return Self.objective(trial, inputs, weights, buffers)
    }
    let (plus, minus) = (value(1), value(-1))
    let length = direction.reduce(0) { $0 + Double($1) * Double($1) }
    let step = moved / length
    guard step > 0 else { return Slope(value: 0, bend: 0, noise: .infinity) }
    return Slope(
      value: (plus.sum - minus.sum) / step, bend: (plus.sum - 2 * center + minus.sum) / (step / 2),
      noise: plus.noise / step)
  }

  /// f, and the size of its rounding error: a few units in the last place of each output, added as random numbers add.
  private static func objective(
    _ trial: BuiltComponent, _ inputs: [Tensor], _ weights: [Float], _ buffers: [(Tensor, [Float])]
  ) -> (sum: Double, noise: Double) {
    for (buffer, values) in buffers { _ = buffer.storage.values.update(fromContentsOf: values) }
    let output = trial.train(inputs).scalars
    var sum = 0.0
    var squares = 0.0
    for (y, c) in zip(output, weights) {
      let term = Double(y) * Double(c)
      sum += term
      squares += term * term
    }
    return (sum, squares.squareRoot() * 0x1p-21)
  }

  private func unit(_ values: [Float]) -> [Float]? {
    let length = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    return length > 0 && length.isFinite ? values.map { Float(Double($0) / length) } : nil
  }

  private func position(_ index: Int, in shape: Shape) -> [Int] {
    var rest = index
    return shape.reversed().map { size in
      defer { rest /= size }
      return rest % size
    }.reversed()
  }
}
