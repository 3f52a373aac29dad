import Foundation
import FusionCore

/// How much points belong together, p_ij: symmetric, zero but for neighbours, 1 in total.
package struct Affinities {
  /// Where each point's entries start, and the end of the last: `[N + 1]`.
  package let starts: [Int]
  /// The other point of each entry, in order.
  package let others: [Int32]
  /// p_ij of each entry.
  package let values: [Float]
  /// Σ p log p, the part of the divergence that no embedding changes.
  let negativeEntropy: Double

  /// The mean of p_j|i and p_i|j (van der Maaten 2014, section 3; scikit-learn's `_joint_probabilities_nn`).
  package init(_ neighbours: Neighbours, perplexity: Double, device: Device) {
    let k = neighbours.perPoint
    let count = neighbours.indices.count / k
    let conditional = Self.conditional(neighbours.distances, perPoint: k, perplexity: perplexity, device: device)
    let outgoing = neighbours.indices
    // What others say of each point, ordered by who says it.
    var starts = [Int](repeating: 0, count: count + 1)
    for other in outgoing { starts[Int(other) + 1] += 1 }
    for i in 0..<count { starts[i + 1] += starts[i] }
    var next = starts
    var incoming = [(from: Int32, value: Double)](repeating: (0, 0), count: outgoing.count)
    for i in 0..<count {
      for place in i * k..<(i + 1) * k {
        let other = Int(outgoing[place])
        incoming[next[other]] = (Int32(i), conditional[place])
        next[other] += 1
      }
    }
    var others: [Int32] = []
    var sums: [Double] = []
    var rows = [0]
    others.reserveCapacity(outgoing.count * 2)
    sums.reserveCapacity(outgoing.count * 2)
    var total = 0.0
    for i in 0..<count {
      let own = (i * k..<(i + 1) * k).sorted { outgoing[$0] < outgoing[$1] }
      var (a, b) = (0, starts[i])
      while a < k || b < starts[i + 1] {
        let mine = a < k ? outgoing[own[a]] : .max
        let theirs = b < starts[i + 1] ? incoming[b].from : .max
        var sum = 0.0
        if mine <= theirs {
          sum += conditional[own[a]]
          a += 1
        }
        if theirs <= mine {
          sum += incoming[b].value
          b += 1
        }
        others.append(min(mine, theirs))
        sums.append(sum)
        total += sum
      }
      rows.append(others.count)
    }
    self.starts = rows
    self.others = others
    values = sums.map { Float($0 / max(total, .ulpOfOne)) }
    negativeEntropy = values.reduce(0) { $0 + ($1 > 0 ? Double($1) * log(Double($1)) : 0) }
  }

  /// p_j|i: Gaussians whose widths give every point the same perplexity, by bisection, step for step as scikit-learn's
  /// `_binary_search_perplexity`. Shapes: squared distances `[N, k]` to `[N, k]`, rows of sum 1.
  package static func conditional(
    _ distances: [Float], perPoint k: Int, perplexity: Double, device: Device
  ) -> [Double] {
    let wanted = log(perplexity)
    var result = [Double](repeating: 0, count: distances.count)
    result.withUnsafeMutableBufferPointer { result in
      let result = result.baseAddress
      distances.withUnsafeBufferPointer { distances in
        device.forEachBlock(of: distances.count / k, size: 64) { rows in
          for row in rows {
            let (d, p) = (distances.baseAddress! + row * k, result! + row * k)
            var (beta, lower, upper) = (1.0, -Double.infinity, Double.infinity)
            for _ in 0..<100 {
              var sum = 0.0
              for j in 0..<k {
                p[j] = exp(-Double(d[j]) * beta)
                sum += p[j]
              }
              if sum == 0 { sum = 1e-8 }
              var mean = 0.0
              for j in 0..<k {
                p[j] /= sum
                mean += Double(d[j]) * p[j]
              }
              let difference = log(sum) + beta * mean - wanted
              if abs(difference) <= 1e-5 { break }
              if difference > 0 {
                lower = beta
                beta = upper == .infinity ? beta * 2 : (beta + upper) / 2
              } else {
                upper = beta
                beta = lower == -.infinity ? beta / 2 : (beta + lower) / 2
              }
            }
          }
        }
      }
    }
    return result
  }
}
