import FusionCore

extension PointSet {
  /// The mean silhouette (Rousseeuw 1987): how much nearer points are to their own cluster than to the next, from -1 to 1,
  /// by Euclidean distances; alone in a cluster a point has 0. As scikit-learn's `silhouette_score`.
  ///
  /// Distances are taken a block at a time: memory grows with N, time with N².
  ///
  /// - Parameter labels: the cluster of each point.
  /// - Returns: nil where there is one cluster, or one for each point.
  /// - Throws: ``EmbeddingError`` for coordinates that are not finite.
  public func silhouette(_ labels: [Int], device: Device) throws(EmbeddingError) -> Double? {
    precondition(labels.count == count, "a label for every point")
    var numbers: [Int: Int] = [:]
    let own = labels.map { label in
      let number = numbers[label] ?? numbers.count
      numbers[label] = number
      return number
    }
    let clusters = numbers.count
    guard clusters > 1, clusters < count else { return nil }
    var sizes = [Int](repeating: 0, count: clusters)
    for label in own { sizes[label] += 1 }
    let table = try DistanceTable(self, device: device)
    var values = [Double](repeating: 0, count: count)
    let (block, span) = (32, 2048)
    values.withUnsafeMutableBufferPointer { values in
      let values = values.baseAddress!
      own.withUnsafeBufferPointer { own in
        device.parallel(units: (count + block - 1) / block) { unit in
          let rows = unit * block..<min(count, (unit + 1) * block)
          var sums = [Double](repeating: 0, count: rows.count * clusters)
          withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * span) { buffer in
            let buffer = buffer.baseAddress!
            for start in stride(from: 0, to: count, by: span) {
              let others = start..<Swift.min(count, start + span)
              table.squared(rows, to: others, into: buffer)
              for (line, row) in rows.enumerated() {
                let squares = buffer + line * others.count
                if others.contains(row) { squares[row - start] = 0 }
                sums.withUnsafeMutableBufferPointer { sums in
                  let sums = sums.baseAddress! + line * clusters
                  for j in 0..<others.count { sums[own[start + j]] += Double(squares[j].squareRoot()) }
                }
              }
            }
          }
          for (line, row) in rows.enumerated() where sizes[own[row]] > 1 {
            let inner = sums[line * clusters + own[row]] / Double(sizes[own[row]] - 1)
            var outer = Double.infinity
            for k in 0..<clusters where k != own[row] {
              outer = Swift.min(outer, sums[line * clusters + k] / Double(sizes[k]))
            }
            let larger = Swift.max(inner, outer)
            values[row] = larger > 0 ? (outer - inner) / larger : 0
          }
        }
      }
    }
    return values.reduce(0, +) / Double(count)
  }
}
