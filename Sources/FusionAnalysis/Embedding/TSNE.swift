import Foundation
import FusionCore

/// Points of a plane that keep the neighbourhoods of points in a space of many dimensions.
public struct PlaneEmbedding: Sendable {
  /// `[N, 2]`.
  public let points: PointSet
  /// The Kullback-Leibler divergence of the embedding's affinities from those of the points, in nats.
  public let divergence: Double
  /// Steps of gradient descent.
  public let iterations: Int
}

/// t-SNE (van der Maaten and Hinton 2008) with repulsion summed up over cells of a tree (van der Maaten 2014). Defaults,
/// start and steps are those of scikit-learn's `TSNE`.
///
/// Affinities are p_ij over the `3 · perplexity + 1` nearest neighbours, q_ij = (1 + |y_i - y_j|²)⁻¹ / Z, and the cost is
/// Σ p_ij log(p_ij / q_ij). The number of threads changes no bit of the result.
public struct TSNE: Sendable {
  /// How many neighbours count, smoothly; at most a third of the number of points but one.
  public var perplexity = 30.0
  /// Steps in all.
  public var iterations = 1000
  /// Steps at the beginning with affinities exaggerated.
  public var explorationIterations = 250
  /// By what they are exaggerated.
  public var exaggeration = 12.0
  /// Nil: the larger of N / exaggeration / 4 and 50.
  public var learningRate: Double?
  /// Cells that appear smaller than this count as one; 0: none. At most 0.7, beyond which a cell could repel a point
  /// within it.
  public var angle = 0.5
  /// Decides the start of the search for the principal plane, and positions where the points lie on a line.
  public var seed: UInt64 = 0

  /// scikit-learn's settings.
  public init(perplexity: Double = 30, seed: UInt64 = 0) {
    self.perplexity = perplexity
    self.seed = seed
  }

  /// Steps between two looks at the cost.
  static let checkInterval = 50

  /// Embeds points.
  ///
  /// - Parameter advanced: is told how many steps are done, every 50.
  /// - Throws: ``EmbeddingError`` where the points are too few for the perplexity, all equal, or not finite.
  public func embed(
    _ set: PointSet, device: Device, advanced: (_ steps: Int) -> Void = { _ in }
  ) throws(EmbeddingError) -> PlaneEmbedding {
    precondition(perplexity > 0 && perplexity.isFinite && 0...0.7 ~= angle && iterations > 0, "settings out of range")
    guard 3 * perplexity <= Double(set.count - 1) else {
      throw .tooFewPoints(count: set.count, perplexity: perplexity)
    }
    let table = try DistanceTable(set, device: device)
    guard table.variance > 0 else { throw .constant(count: set.count) }
    let neighbours = Neighbours(in: table, perPoint: min(set.count - 1, Int(3 * perplexity + 1)), device: device)
    let affinities = Affinities(neighbours, perplexity: perplexity, device: device)
    let start = try start(table, device)
    let descent = Descent(affinities, start: start, angle: angle, device: device)
    let rate = learningRate ?? max(Double(set.count) / exaggeration / 4, 50)
    let divergence = descent.run(self, rate: Float(rate), advanced)
    return PlaneEmbedding(
      points: PointSet(count: set.count, width: 2, values: descent.points), divergence: divergence,
      iterations: descent.iterations)
  }

  /// The principal plane, its first direction scaled to a deviation of 10⁻⁴.
  package func start(_ table: DistanceTable, _ device: Device) throws(EmbeddingError) -> [Float] {
    let random = RandomStream(seed: seed).derived("t-SNE")
    var plane = PrincipalPlane.coordinates(of: table, random: random.derived("plane"), device: device)
    func deviation(_ k: Int) -> Double {
      var (sum, squares) = (0.0, 0.0)
      for i in 0..<table.count { sum += Double(plane[i * 2 + k]) }
      for i in 0..<table.count {
        let difference = Double(plane[i * 2 + k]) - sum / Double(table.count)
        squares += difference * difference
      }
      return (squares / Double(table.count)).squareRoot()
    }
    guard deviation(0) > 0 else { throw .constant(count: table.count) }
    let scale = 1e-4 / deviation(0)
    for i in plane.indices { plane[i] = Float(Double(plane[i]) * scale) }
    // On a line nothing would ever push points off it.
    if deviation(1) == 0 {
      let noise = random.derived("second").normal([table.count], deviation: 1e-4, device: device)
      for i in 0..<table.count { plane[i * 2 + 1] = noise.storage.base[i] }
    }
    return plane
  }
}
