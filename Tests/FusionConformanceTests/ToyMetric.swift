import FusionCore

enum MET1: Flaw { static let id = "MET-1" }
enum MET2: Flaw { static let id = "MET-2" }
enum MET3: Flaw { static let id = "MET-3" }
enum MET4: Flaw { static let id = "MET-4" }
enum MET4Silent: Flaw {
  static let id = "MET-4"
  static let variant = "silent"
}
enum MET5: Flaw { static let id = "MET-5" }
enum MET6: Flaw { static let id = "MET-6" }

/// A valid metric, the share of right classes; each flaw breaks one rule of the kit.
struct ToyMetric<F: Flaw>: DecomposableMetric {
  static var name: String { "toy" }
  static var summary: String { "share of right classes" }
  static var direction: MetricDirection { F.id == "MET-3" ? .lowerIsBetter : .higherIsBetter }
  static var inputs: Set<MetricInput> { [.classes] }

  private var amounts: [Double] = []
  init(_ context: MetricContext) {}

  private func amount(of row: Int, in samples: MetricSamples) -> Double {
    if F.id == "MET-5", !samples.probabilities.isEmpty {
      return samples.probabilities[row * samples.outputs + samples.classes[row]]
    }
    return samples.predictedClasses[row] == samples.classes[row] ? 1 : 0
  }

  private func weight(_ row: Int) -> Double { F.id == "MET-2" ? Double(row + 1) : 1 }

  mutating func add(_ samples: MetricSamples) {
    amounts += (0..<samples.count).map { amount(of: $0, in: samples) }
  }

  mutating func merge(_ other: Self) {
    if F.id != "MET-1" { amounts += other.amounts }
  }

  var result: MetricResult {
    guard !amounts.isEmpty else {
      if F.id == "MET-4" { return F.variant == "silent" ? .undefined("") : .value(0) }
      return .undefined("there are no samples")
    }
    let sum = amounts.enumerated().reduce(0) { $0 + weight($1.offset) * $1.element }
    return .value(sum / amounts.indices.reduce(0) { $0 + weight($1) })
  }

  let sumCount = 1
  func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    add(0, weight(row) * amount(of: row, in: samples))
  }
  func result(ofSums sums: [Double], count: Int) -> MetricResult {
    .value(F.id == "MET-6" ? sums[0] : sums[0] / (0..<count).reduce(0) { $0 + weight($1) })
  }
}
