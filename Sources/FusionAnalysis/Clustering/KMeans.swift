import CBLAS
import FusionCore

/// Points in groups, each around its mean.
public struct Clustering: Sendable {
  /// The cluster of each point.
  public let labels: [Int]
  /// `[K, D]`.
  public let centres: PointSet
  /// The sum of the squared distances of points to the centres of their clusters.
  public let inertia: Double
  /// Rounds of the run that was best.
  public let iterations: Int
}

/// k-means: Lloyd's rounds from centres chosen by k-means++ (Arthur and Vassilvitskii 2007), several times over, of which
/// the best counts. Tolerance, candidates of the choice and empty clusters are those of scikit-learn's `KMeans`.
public struct KMeans: Sendable {
  /// The number of clusters, K.
  public var clusters: Int
  /// How many times centres are chosen anew.
  public var restarts = 10
  /// The most rounds of each.
  public var iterations = 300
  /// Rounds end when all centres together move, squared, by less than this share of the mean variance of the
  /// coordinates.
  public var tolerance = 1e-4
  /// Decides which points are chosen.
  public var seed: UInt64

  /// K clusters.
  public init(clusters: Int, seed: UInt64 = 0) {
    self.clusters = clusters
    self.seed = seed
  }

  /// Finds clusters; the number of threads changes no bit of the result.
  ///
  /// - Throws: ``EmbeddingError`` where there are fewer points than clusters, or coordinates that are not finite.
  public func cluster(_ set: PointSet, device: Device) throws(EmbeddingError) -> Clustering {
    precondition(clusters > 0 && restarts > 0 && iterations > 0, "one cluster, run and round at least")
    guard clusters <= set.count else { throw .tooManyClusters(clusters, points: set.count) }
    let table = try DistanceTable(set, device: device)
    let random = RandomStream(seed: seed).derived("k-means")
    var best: Clustering?
    for restart in 0..<restarts {
      let chosen = seeds(table, random.derived(restart), device)
      let centres = chosen.flatMap { row in (0..<table.width).map { table.points.base[row * table.width + $0] } }
      let found = LloydRounds(table, centres: centres, device: device).run(self)
      if found.inertia < best?.inertia ?? .infinity { best = found }
    }
    return best!
  }

  /// Lloyd's rounds from given centres `[K, D]`, once.
  public func cluster(_ set: PointSet, from centres: PointSet, device: Device) throws(EmbeddingError) -> Clustering {
    precondition(centres.count == clusters && centres.width == set.width, "K centres of the points' width")
    guard clusters <= set.count else { throw .tooManyClusters(clusters, points: set.count) }
    let table = try DistanceTable(set, device: device)
    let moved = centres.values.indices.map { Float(Double(centres.values[$0]) - table.mean[$0 % table.width]) }
    return LloydRounds(table, centres: moved, device: device).run(self)
  }

  /// Points far from one another: each next one is the best of a few drawn by their squared distance to those before.
  private func seeds(_ table: DistanceTable, _ random: RandomStream, _ device: Device) -> [Int] {
    let count = table.count
    let trials = 2 + Int(logOfWhole(clusters))
    var chosen = [random.derived("first").integer(below: count, at: 0)]
    var nearest = distances(from: chosen[0], table, device)
    for number in 1..<max(clusters, 1) {
      var sums = [Double](repeating: 0, count: count)
      var total = 0.0
      for i in 0..<count {
        total += Double(nearest[i])
        sums[i] = total
      }
      let stream = random.derived(number)
      var best: (point: Int, potential: Double, nearest: [Float])?
      for trial in 0..<trials {
        let target = stream.uniform(at: trial)
        let point = min(count - 1, sums.firstIndexOfSorted { $0 >= Double(target) * total })
        var reduced = distances(from: point, table, device)
        var potential = 0.0
        for i in 0..<count {
          reduced[i] = min(reduced[i], nearest[i])
          potential += Double(reduced[i])
        }
        if potential < best?.potential ?? .infinity { best = (point, potential, reduced) }
      }
      chosen.append(best!.point)
      nearest = best!.nearest
    }
    return chosen
  }

  private func distances(from point: Int, _ table: DistanceTable, _ device: Device) -> [Float] {
    var result = [Float](repeating: 0, count: table.count)
    result.withUnsafeMutableBufferPointer { result in
      let result = result.baseAddress!
      device.forEachBlock(of: table.count, size: 512) { range in
        for i in range { result[i] = table.exact(point, i) }
      }
    }
    return result
  }
}

extension Array where Element == Double {
  /// Where in ascending values `isReached` first holds; the count where it never does.
  fileprivate func firstIndexOfSorted(_ isReached: (Double) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isReached(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
