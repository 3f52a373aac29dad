import FusionConfig
import FusionCore
import FusionData

/// What the differences from the baseline are judged by.
public enum EvidenceKind: String, Codable, Sendable {
  /// Runs of five seeds or more, and their predictions.
  case seedsAndSamples = "seeds_and_samples"
  /// Runs of five seeds or more; the metric cannot be computed from predictions.
  case seeds
  /// Fewer than five seeds: nothing but means.
  case tooFewSeeds = "too_few_seeds"
}

/// How one method differs from the baseline, over the same seeds and test samples.
struct MethodDifference {
  /// The mean over seeds.
  let mean: Double
  /// On how many seeds the method is the better one.
  let wins: Int
  /// Where the mean of other seeds and test samples would lie: 95%; nil with fewer than five seeds.
  var interval: ClosedRange<Double>?
  /// See ``PairedDifference``; nil with fewer than five seeds.
  var test: PairedDifference?
}

/// Finds the differences of methods from the baseline.
struct ComparisonEvidence {
  let metric: any Metric.Type
  let task: MetricTask
  let classes: [String]
  let bootstrap: TwoLevelBootstrap
  /// See ``PairedDifference``.
  let overlap: Double
  let device: Device

  /// A method's runs in the order of the seeds: the metric of each, and what it predicted.
  struct Method {
    let values: [Double]
    let predictions: [TestPredictions]
  }

  /// What was found.
  struct Findings {
    let kind: EvidenceKind
    /// For each method; nil where it cannot be compared.
    let differences: [MethodDifference?]
    /// The number of groups of test samples that were drawn, where samples are grouped.
    let groups: Int?
  }

  /// One method beside the baseline, on the samples that the method was tested on.
  private struct Pair {
    let method: Int
    /// A method's metric less the baseline's, for each seed.
    let differences: [Double]
    /// The places of the runs of both among those that are resampled; nil where predictions do not tell the metric.
    let runs: (own: [Int], base: [Int])?
  }

  /// Compares methods with a baseline.
  ///
  /// A method that was tested on some of the samples only, as a modality alone on those that have it, is compared with
  /// the baseline on these.
  ///
  /// - Throws: `DataError` where runs tell of samples that the baseline's do not know.
  func findings(_ methods: [Method], against baseline: Method) throws(DataError) -> Findings {
    var pool = ResampledRuns(self)
    let base = try pool.add(baseline.predictions)
    try pool.check(base, tell: baseline)
    var pairs: [Pair] = []
    for (index, method) in methods.enumerated() {
      if zip(method.predictions, baseline.predictions).allSatisfy({ $0.ids == $1.ids }) {
        let own = try pool.add(method.predictions)
        try pool.check(own, tell: method)
        pairs.append(
          Pair(
            method: index, differences: zip(method.values, baseline.values).map { $0 - $1 },
            runs: own.flatMap { own in base.map { (own, $0) } }))
        continue
      }
      var same: [TestPredictions] = []
      for (own, other) in zip(method.predictions, baseline.predictions) {
        same.append(try other.restricted(to: own.ids))
      }
      guard let own = try pool.add(method.predictions), let other = try pool.add(same) else { continue }
      try pool.check(own, tell: method)
      let values = zip(own, other).map { (pool.sums[$0].value(), pool.sums[$1].value()) }
      let differences = values.compactMap { own, other in own.flatMap { own in other.map { own - $0 } } }
      guard differences.count == values.count else { continue }
      pairs.append(Pair(method: index, differences: differences, runs: (own, other)))
    }
    let seeds = baseline.values.count
    let isEnough = seeds >= PairedDifference.fewestRuns
    let resampled = isEnough ? bootstrap.resampled(pool.sums, sets: pool.sets, device: device) : []
    var differences = [MethodDifference?](repeating: nil, count: methods.count)
    for pair in pairs {
      let sign = metric.direction == .higherIsBetter ? 1.0 : -1
      var found = MethodDifference(
        mean: pair.differences.reduce(0, +) / Double(seeds), wins: pair.differences.count { sign * $0 > 0 })
      if isEnough {
        let draws = pair.runs.map { runs in
          zip(runs.own, runs.base).map { own, base in zip(resampled[own], resampled[base]).map { $0 - $1 } }
        }
        // What is drawn are groups; of a single one nothing can be.
        let groups = (pair.runs?.own ?? []).map { pool.sums[$0].groups }.min() ?? 0
        found.interval = bootstrap.interval(
          pair.differences, resampled: groups > 1 ? draws : nil, groups: groups, overlap: overlap)
        found.test = PairedDifference(pair.differences, overlap: overlap)
      }
      differences[pair.method] = found
    }
    let isOneGroup = pool.groups == 1
    let kind: EvidenceKind = !isEnough ? .tooFewSeeds : base == nil || isOneGroup ? .seeds : .seedsAndSamples
    return Findings(
      kind: kind, differences: differences, groups: base.flatMap { _ in isOneGroup ? nil : pool.groups })
  }
}

/// The runs whose test samples are drawn, each with the number of its set of test samples.
private struct ResampledRuns {
  private let evidence: ComparisonEvidence
  private(set) var sums: [GroupedSums] = []
  private(set) var sets: [Int] = []
  private var known: [(predictions: TestPredictions, number: Int)] = []

  init(_ evidence: ComparisonEvidence) { self.evidence = evidence }

  /// The number of groups of the first run, where its samples are grouped.
  var groups: Int? { known.first.flatMap { $0.predictions.groups == nil ? nil : sums.first?.groups } }

  /// The places of a method's runs; nil where predictions do not tell the metric.
  mutating func add(_ runs: [TestPredictions]) throws(DataError) -> [Int]? {
    var places: [Int] = []
    for run in runs {
      let set = try number(of: run)
      guard let own = try run.sums(metric: evidence.metric, task: evidence.task, classes: evidence.classes) else {
        return nil
      }
      places.append(sums.count)
      sums.append(own)
      sets.append(set)
    }
    return places
  }

  /// Makes sure that predictions give the metrics that the runs tell: a file of which a part is missing does not.
  func check(_ places: [Int]?, tell method: ComparisonEvidence.Method) throws(DataError) {
    for (index, place) in (places ?? []).enumerated() {
      let told = method.values[index]
      // Predictions are written with as many digits as a float has.
      guard let found = sums[place].value(), abs(found - told) > 1e-4 * max(1, abs(told)) else { continue }
      throw DataError(
        method.predictions[index].file,
        "gives \(shortNumber(found)) where the run's metrics.json tells \(shortNumber(told))",
        expected: "the predictions of this run, all of them; remove the run's folder to train it again")
    }
  }

  /// The number of the set of test samples, the same for runs over the same ones.
  private mutating func number(of run: TestPredictions) throws(DataError) -> Int {
    guard let same = known.first(where: { $0.predictions.ids == run.ids }) else {
      known.append((run, known.count))
      return known.count - 1
    }
    guard same.predictions.labels == run.labels, same.predictions.groups == run.groups else {
      throw DataError(
        run.file, "tells of other samples than \(same.predictions.file)", expected: "runs over the same test part")
    }
    return same.number
  }
}
