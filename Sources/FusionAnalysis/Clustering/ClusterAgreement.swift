import Foundation

/// How far clusters and labels say the same of the same points, whatever they are called. As scikit-learn's metrics.
public struct ClusterAgreement: Sendable, Equatable, Encodable {
  /// The share of points whose label is the most frequent one of their cluster.
  public let purity: Double
  /// Mutual information over the mean of the two entropies: 0 independent, 1 the same.
  public let normalisedMutualInformation: Double
  /// The Rand index (pairs that are together in both, or apart in both), adjusted so that chance gives 0.
  public let adjustedRandIndex: Double

  enum CodingKeys: String, CodingKey {
    case purity
    case normalisedMutualInformation = "nmi"
    case adjustedRandIndex = "ari"
  }

  /// Compares clusters with labels, one of each a point; at least one point.
  public init(clusters: [Int], labels: [Int]) {
    precondition(clusters.count == labels.count && !labels.isEmpty, "a cluster and a label for every point")
    struct Cell: Hashable {
      let cluster: Int
      let label: Int
    }
    var cells: [Cell: Int] = [:]
    var (clusterSizes, labelSizes) = ([Int: Int](), [Int: Int]())
    for (cluster, label) in zip(clusters, labels) {
      cells[Cell(cluster: cluster, label: label), default: 0] += 1
      clusterSizes[cluster, default: 0] += 1
      labelSizes[label, default: 0] += 1
    }
    let total = Double(labels.count)
    // A fixed order: sums are to be the same in every run.
    let ordered = cells.sorted { ($0.key.cluster, $0.key.label) < ($1.key.cluster, $1.key.label) }
    var largest: [Int: Int] = [:]
    var (information, together) = (0.0, 0.0)
    for (cell, size) in ordered {
      largest[cell.cluster] = max(largest[cell.cluster] ?? 0, size)
      let (n, a, b) = (Double(size), Double(clusterSizes[cell.cluster]!), Double(labelSizes[cell.label]!))
      information += n / total * (log(n * total) - log(a * b))
      together += n * n
    }
    purity = Double(largest.values.reduce(0, +)) / total
    func entropy(_ sizes: [Int: Int]) -> Double {
      sizes.sorted { $0.key < $1.key }.reduce(0) { $0 - Double($1.value) / total * log(Double($1.value) / total) }
    }
    if clusterSizes.count == 1, labelSizes.count == 1 {
      normalisedMutualInformation = 1
    } else {
      let mean = (entropy(clusterSizes) + entropy(labelSizes)) / 2
      normalisedMutualInformation = information <= .ulpOfOne ? 0 : information / max(mean, .ulpOfOne)
    }
    // Ordered pairs, by whether they are together in the clusters and in the labels.
    func squares(_ sizes: [Int: Int]) -> Double { sizes.values.reduce(0) { $0 + Double($1) * Double($1) } }
    let both = together - total
    let (onlyClusters, onlyLabels) = (squares(clusterSizes) - together, squares(labelSizes) - together)
    let neither = total * total - together - onlyClusters - onlyLabels
    if onlyClusters == 0, onlyLabels == 0 {
      adjustedRandIndex = 1
    } else {
      adjustedRandIndex =
        2 * (both * neither - onlyClusters * onlyLabels)
        / ((both + onlyClusters) * (onlyClusters + neither) + (both + onlyLabels) * (onlyLabels + neither))
    }
  }
}
