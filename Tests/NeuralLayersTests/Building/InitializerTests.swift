import Foundation
import NeuralLayers
import TensorEngine
import Testing

private struct Case: Decodable {
  let name: String
  let argument: Double
  let shape: [Int]
  let kind: String
  let first: Double
  let second: Double

  var initializer: Initializer? {
    switch name {
    case "xavierUniform": .xavierUniform(gain: argument)
    case "xavierNormal": .xavierNormal(gain: argument)
    case "kaimingUniform": .kaimingUniform(a: argument)
    case "kaimingNormal": .kaimingNormal(a: argument)
    case "layerDefault": .layerDefault
    case "fanInUniform": .fanInUniform(fanIn: Int(argument))
    default: nil
    }
  }
}

@Test func boundsAndDeviationsAreThoseThatPyTorchAsksItsGeneratorFor() throws {
  for c in try fixture("initializers", as: [Case].self) {
    let initializer = try #require(c.initializer)
    let (first, second): (Double, Double)
    switch initializer.distribution(shape: c.shape) {
    case .uniform(let lower, let upper) where c.kind == "uniform": (first, second) = (lower, upper)
    case .normal(let mean, let deviation) where c.kind == "normal": (first, second) = (mean, deviation)
    case let other:
      Issue.record("\(c.name) \(c.shape): \(other), PyTorch draws \(c.kind)")
      continue
    }
    #expect(abs(first - c.first) <= 1e-12, "\(c.name) \(c.argument) \(c.shape)")
    #expect(abs(second - c.second) <= 1e-12, "\(c.name) \(c.argument) \(c.shape)")
  }
}

/// The largest distance between the distribution of the values and `cumulative` (Kolmogorov and Smirnov), times √n:
/// above 1.95 in one of a thousand samples.
private func misfit(_ values: [Float], _ cumulative: (Double) -> Double) -> Double {
  let n = Double(values.count)
  return values.sorted().enumerated().map { index, value in
    let expected = cumulative(Double(value))
    return max(abs(expected - Double(index) / n), abs(Double(index + 1) / n - expected))
  }.max()! * n.squareRoot()
}

@Test func drawnValuesFollowTheirDistribution() {
  let random = RandomStream(seed: 3).derived("weights")
  let uniform = Initializer.uniform(lower: -0.25, upper: 1.5).tensor(
    shape: [300, 301], random: random, device: Device())
  #expect(misfit(uniform.scalars) { ($0 + 0.25) / 1.75 } < 1.95)
  #expect(uniform.scalars.allSatisfy { -0.25...1.5 ~= $0 })

  let normal = Initializer.normal(mean: 2, deviation: 3).tensor(shape: [300, 301], random: random, device: Device())
  #expect(misfit(normal.scalars) { 0.5 * erfc((2 - $0) / 3 / 2.0.squareRoot()) } < 1.95)

  // Neighbours, which come from the same block of random bits, know nothing of each other.
  for lag in 1...4 {
    let values = normal.scalars.map { (Double($0) - 2) / 3 }
    let products = zip(values, values.dropFirst(lag)).map { $0 * $1 }
    let correlation = products.reduce(0, +) / Double(products.count)
    #expect(abs(correlation) < 4 / Double(values.count).squareRoot(), "lag \(lag)")
  }
}

@Test func aValueDependsOnItsPositionAndItsStreamAlone() {
  let random = RandomStream(seed: 3)
  for initializer in [Initializer.normal(), .uniform(lower: 0, upper: 1)] {
    let long = initializer.tensor(shape: [1001], random: random, device: Device()).scalars
    let short = initializer.tensor(shape: [7], random: random, device: Device(threads: 3)).scalars
    #expect(Array(long[..<7]) == short)
    let other = initializer.tensor(shape: [1001], random: random.derived("other"), device: Device()).scalars
    #expect(zip(long, other).allSatisfy { $0 != $1 })
  }
}

@Test func constantsAndEmptyParameters() {
  let random = RandomStream(seed: 0)
  #expect(Initializer.constant(0.5).tensor(shape: [2, 1], random: random, device: Device()).scalars == [0.5, 0.5])
  #expect(Initializer.ones.tensor(shape: [], random: random, device: Device()).scalars == [1])
  #expect(Initializer.zeros.tensor(shape: [3], random: random, device: Device()).scalars == [0, 0, 0])
  #expect(Initializer.layerDefault.tensor(shape: [4, 0], random: random, device: Device()).scalars.isEmpty)
}

@Test func countingFansOfAVectorStops() async {
  await #expect(processExitsWith: .failure) {
    _ = Initializer.xavierNormal().distribution(shape: [12])
  }
}
