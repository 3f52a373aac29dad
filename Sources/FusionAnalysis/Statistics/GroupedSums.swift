import FusionCore

/// What one run's predictions add to the sums of a metric, a group of test samples at a time: enough to tell the metric
/// of any draw of groups.
public struct GroupedSums: Sendable {
  /// How many groups there are.
  public var groups: Int { sizes.count }
  /// The number of samples of each group.
  private let sizes: [Int]
  /// Group g owns the entries from `starts[g]` to below `starts[g + 1]`.
  private let starts: [Int]
  private let places: [Int32]
  private let amounts: [Double]
  private let width: Int
  private let metric: any DecomposableMetric

  /// Gathers what samples add to the sums of a metric.
  ///
  /// - Parameters:
  ///   - samples: of a form that the metric takes.
  ///   - groups: for each sample the number of its group, 0, 1, … without gaps; nil: each sample is one of its own.
  public init(_ samples: MetricSamples, _ metric: any DecomposableMetric, groups: [Int]? = nil) {
    precondition(groups.map { $0.count == samples.count } != false, "a group for each sample")
    let count = groups.map { ($0.max() ?? -1) + 1 } ?? samples.count
    var members = [[Int]](repeating: [], count: count)
    for sample in 0..<samples.count { members[groups?[sample] ?? sample].append(sample) }
    var (starts, places, amounts): ([Int], [Int32], [Double]) = ([0], [], [])
    for rows in members {
      var sums: [Int: Double] = [:]
      for row in rows { metric.addSums(of: row, in: samples) { sums[$0, default: 0] += $1 } }
      for (place, amount) in sums.sorted(by: { $0.key < $1.key }) where amount != 0 {
        places.append(Int32(place))
        amounts.append(amount)
      }
      starts.append(places.count)
    }
    (self.starts, self.places, self.amounts) = (starts, places, amounts)
    sizes = members.map(\.count)
    width = metric.sumCount
    self.metric = metric
  }

  /// The metric where each group occurs as often as `counts` says; of all samples once where there are none. Nil where it
  /// is not defined: a draw may lack what it needs, such as a second class.
  public func value(counts: [Int32]? = nil) -> Double? {
    var sums = [Double](repeating: 0, count: width)
    var samples = 0
    sums.withUnsafeMutableBufferPointer { sums in
      starts.withUnsafeBufferPointer { starts in
        for group in sizes.indices {
          let times = counts.map { Int($0[group]) } ?? 1
          if times == 0 { continue }
          samples += times * sizes[group]
          for entry in starts[group]..<starts[group + 1] {
            sums[Int(places[entry])] += Double(times) * amounts[entry]
          }
        }
      }
    }
    return samples == 0 ? nil : metric.result(ofSums: sums, count: samples).value
  }
}
