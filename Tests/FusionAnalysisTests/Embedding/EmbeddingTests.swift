import Foundation
import FusionAnalysis
import FusionCore
import Testing

/// t-SNE and its parts, against scikit-learn.
@Suite struct EmbeddingTests {
  let device = Device(threads: 2)

  @Test func affinitiesEqualScikitLearns() throws {
    for c in try EmbeddingFixture.read().affinities {
      let table = try DistanceTable(c.points.set, device: device)
      let neighbours = Neighbours(in: table, perPoint: c.neighbours, device: device)
      let conditional = Affinities.conditional(
        neighbours.distances, perPoint: c.neighbours, perplexity: c.perplexity, device: device)
      for row in 0..<c.points.count {
        // The fixture's neighbours are in the order of their numbers.
        let places = (row * c.neighbours..<(row + 1) * c.neighbours).sorted {
          neighbours.indices[$0] < neighbours.indices[$1]
        }
        #expect(
          places.map { Int(neighbours.indices[$0]) }
            == Array(c.columns[row * c.neighbours..<(row + 1) * c.neighbours]), "\(c.name) \(row)")
        let expected = Array(c.conditional[row * c.neighbours..<(row + 1) * c.neighbours])
        #expect(largestDifference(places.map { conditional[$0] }, expected).difference < 1e-5, "\(c.name) \(row)")
      }
      let joint = Affinities(neighbours, perplexity: c.perplexity, device: device)
      #expect(joint.starts == c.starts)
      #expect(joint.others.map { Int($0) } == c.others)
      let (difference, scale) = largestDifference(joint.values.map(Double.init), c.joint)
      #expect(difference < 1e-5 * scale, "\(c.name)")
    }
  }

  @Test func divergenceAndGradientAtAngleZeroAreExact() throws {
    for c in try EmbeddingFixture.read().affinities {
      let (gradient, divergence) = try gradient(c, angle: 0)
      #expect(abs(divergence - c.divergence) < 1e-5 * c.divergence, "\(c.name)")
      #expect(abs(divergence - c.treeDivergence) < 1e-5 * c.divergence, "\(c.name)")
      for expected in [c.gradient, c.treeGradient] {
        let (difference, scale) = largestDifference(gradient, expected)
        #expect(difference < 1e-5 * scale, "\(c.name)")
      }
    }
  }

  @Test func theTreeApproximatesAsWellAsItSays() throws {
    for c in try EmbeddingFixture.read().affinities {
      let (gradient, divergence) = try gradient(c, angle: 0.5)
      let (difference, scale) = largestDifference(gradient, c.gradient)
      // A cell of an angle of 0.5 is replaced by its centre; what is left is the second moment, a few per cent.
      #expect(difference < 0.05 * scale, "\(c.name)")
      #expect(abs(divergence - c.divergence) < 0.005 * c.divergence, "\(c.name)")
    }
  }

  private func gradient(
    _ c: EmbeddingFixture.AffinityCase, angle: Double
  ) throws -> (gradient: [Double], divergence: Double) {
    let table = try DistanceTable(c.points.set, device: device)
    let affinities = Affinities(
      Neighbours(in: table, perPoint: c.neighbours, device: device), perplexity: c.perplexity, device: device)
    let count = c.points.count
    let position = Storage(count: 2 * count)
    for i in 0..<count { for k in 0..<2 { position.base[k * count + i] = c.embedding[2 * i + k] } }
    let gradient = EmbeddingGradient(affinities, angle: angle, device: device)
    gradient.compute(at: position, exaggeration: 1, wantsDivergence: true)
    let values = (0..<count).flatMap { i in [0, 1].map { Double(gradient.values.base[$0 * count + i]) } }
    return (values, gradient.divergence)
  }

  @Test func theStartIsThePrincipalPlane() throws {
    for c in try EmbeddingFixture.read().affinities {
      let table = try DistanceTable(c.points.set, device: device)
      let start = try TSNE().start(table, device).map(Double.init)
      let (difference, scale) = largestDifference(start, c.start)
      #expect(difference < 1e-3 * scale, "\(c.name)")
    }
  }

  @Test func theDivergenceIsThatOfScikitLearnsExactMethod() throws {
    let c = try EmbeddingFixture.read().divergence
    let found = try TSNE(perplexity: c.perplexity).embed(c.points.set, device: device)
    #expect(found.iterations == 1000)
    #expect(found.divergence < c.divergence * 1.02)
    #expect(found.divergence > c.divergence * 0.9)
  }

  @Test func threadsChangeNoBit() throws {
    let set = randomPoints(count: 700, width: 20)
    var method = TSNE(perplexity: 12)
    method.iterations = 300
    let one = try method.embed(set, device: Device(threads: 1))
    for threads in [2, 3] {
      let other = try method.embed(set, device: Device(threads: threads))
      #expect(other.points == one.points)
      #expect(other.divergence == one.divergence)
    }
    method.seed = 1
    #expect(try method.embed(set, device: device).divergence < 1.1 * one.divergence)
  }

  @Test func neighboursAreExactAmongManyAndFarFromTheOrigin() throws {
    for offset: Float in [0, 3000] {
      let set = randomPoints(count: 2500, width: 30, offset: offset)
      let table = try DistanceTable(set, device: device)
      let found = Neighbours(in: table, perPoint: 10, device: device)
      for row in stride(from: 0, to: 2500, by: 250) {
        let distances = (0..<2500).map { other in
          zip(set[row], set[other]).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
        }
        let expected = (0..<2500).filter { $0 != row }.sorted { distances[$0] < distances[$1] }.prefix(10)
        #expect(found.indices[row * 10..<row * 10 + 10].map { Int($0) } == Array(expected))
      }
    }
  }

  @Test func equalPointsLieTogetherAndHarmNothing() throws {
    // 8 different points, 30 times each: more copies than neighbours count.
    let some = randomPoints(count: 8, width: 20)
    let values = (0..<240).flatMap { Array(some[$0 % 8]) }
    let found = try TSNE(perplexity: 5).embed(PointSet(count: 240, width: 20, values: values), device: device)
    #expect(found.points.values.allSatisfy { $0.isFinite })
    #expect(found.divergence.isFinite)
    // Copies of one point have the same neighbours in turn; they stay where their own are.
    let distances = (8..<240).map { i in
      hypot(found.points.values[2 * i] - found.points.values[2 * (i - 8)], 0)
    }
    #expect(distances.allSatisfy { $0.isFinite })
  }

  @Test func pointsOnALineSpreadOverThePlane() throws {
    let line = PointSet(count: 100, width: 1, values: (0..<100).map { Float($0) })
    let found = try TSNE(perplexity: 5).embed(line, device: device)
    let heights = (0..<100).map { found.points.values[2 * $0 + 1] }
    #expect((heights.max()! - heights.min()!) > 1)
  }

  @Test func whatCannotBeEmbeddedIsRefused() throws {
    let few = randomPoints(count: 40, width: 4)
    let error = #expect(throws: EmbeddingError.tooFewPoints(count: 40, perplexity: 30)) {
      try TSNE().embed(few, device: device)
    }
    #expect(error?.description.contains("at least 91 samples") == true)
    #expect(error?.description.contains("--perplexity 13") == true)
    _ = try TSNE(perplexity: 13).embed(few, device: device)
    #expect(throws: EmbeddingError.tooFewPoints(count: 1, perplexity: 1)) {
      try TSNE(perplexity: 1).embed(randomPoints(count: 1, width: 4), device: device)
    }
    let constant = PointSet(count: 100, width: 3, values: [Float](repeating: 2.5, count: 300))
    #expect(throws: EmbeddingError.constant(count: 100)) { try TSNE(perplexity: 5).embed(constant, device: device) }
    var values = randomPoints(count: 100, width: 3).values
    values[7 * 3 + 1] = .nan
    #expect(throws: EmbeddingError.notFinite(row: 7)) {
      try TSNE(perplexity: 5).embed(PointSet(count: 100, width: 3, values: values), device: device)
    }
    values[7 * 3 + 1] = 1e30
    #expect(throws: EmbeddingError.tooFarApart) {
      try TSNE(perplexity: 5).embed(PointSet(count: 100, width: 3, values: values), device: device)
    }
  }
}

/// Normal values around three centres.
func randomPoints(count: Int, width: Int, offset: Float = 0) -> PointSet {
  let device = Device()
  let random = RandomStream(seed: 5)
  let noise = random.derived("noise").normal([count, width], device: device).scalars
  let centres = random.derived("centres").normal([3, width], deviation: 3, device: device).scalars
  let values = noise.indices.map { noise[$0] + centres[$0 / width % 3 * width + $0 % width] + offset }
  return PointSet(count: count, width: width, values: values)
}
