import Foundation
import FusionAnalysis

/// What `make_embedding.py` made with scikit-learn.
struct EmbeddingFixture: Decodable {
  struct Points: Decodable {
    let count: Int
    let width: Int
    let values: [Float]
    var set: PointSet { PointSet(count: count, width: width, values: values) }
  }
  struct AffinityCase: Decodable {
    let name: String
    let points: Points
    let perplexity: Double
    let neighbours: Int
    let conditional: [Double]
    let columns: [Int]
    let starts: [Int]
    let others: [Int]
    let joint: [Double]
    let embedding: [Float]
    let divergence: Double
    let gradient: [Double]
    let treeDivergence: Double
    let treeGradient: [Double]
    let start: [Double]
  }
  struct ClusterCase: Decodable {
    let name: String
    let points: Points
    let start: Points
    let labels: [Int]
    let centres: [Double]
    let inertia: Double
    let iterations: Int
    let maximum: Int
    let tolerance: Double
  }
  struct BestCase: Decodable {
    let name: String
    let points: Points
    let clusters: Int
    let inertia: Double
  }
  struct AgreementCase: Decodable {
    let name: String
    let labels: [Int]
    let clusters: [Int]
    let purity: Double
    let nmi: Double
    let ari: Double
  }
  struct SilhouetteCase: Decodable {
    let name: String
    let points: Points
    let labels: [Int]
    let silhouette: Double
  }
  struct DivergenceCase: Decodable {
    let points: Points
    let perplexity: Double
    let divergence: Double
  }
  let affinities: [AffinityCase]
  let clusters: [ClusterCase]
  let best: [BestCase]
  let agreement: [AgreementCase]
  let silhouettes: [SilhouetteCase]
  let divergence: DivergenceCase

  static func read() throws -> EmbeddingFixture {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/embedding/embedding.json")
    return try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
  }
}

/// The largest difference, and the largest value of what is expected.
func largestDifference(_ a: [Double], _ b: [Double]) -> (difference: Double, scale: Double) {
  precondition(a.count == b.count)
  return (zip(a, b).map { abs($0 - $1) }.max() ?? 0, b.map(abs).max() ?? 0)
}
