import FusionAnalysis
import FusionCore
import Testing

/// k-means and the measures of clusters, against scikit-learn.
@Suite struct ClusteringTests {
  let device = Device(threads: 2)

  @Test func roundsFromGivenCentresAreScikitLearns() throws {
    for c in try EmbeddingFixture.read().clusters {
      var method = KMeans(clusters: c.start.count)
      (method.iterations, method.tolerance) = (c.maximum, c.tolerance)
      let found = try method.cluster(c.points.set, from: c.start.set, device: device)
      #expect(found.labels == c.labels, "\(c.name)")
      #expect(found.iterations == c.iterations, "\(c.name)")
      #expect(abs(found.inertia - c.inertia) < 1e-5 * c.inertia, "\(c.name)")
      let (difference, scale) = largestDifference(found.centres.values.map(Double.init), c.centres)
      #expect(difference < 1e-5 * scale, "\(c.name)")
    }
  }

  @Test func restartsFindWhatScikitLearnFinds() throws {
    for c in try EmbeddingFixture.read().best {
      let found = try KMeans(clusters: c.clusters).cluster(c.points.set, device: device)
      #expect(found.inertia < 1.01 * c.inertia, "\(c.name)")
      #expect(found.inertia > 0.95 * c.inertia, "\(c.name)")
      #expect(Set(found.labels).count == c.clusters)
    }
  }

  @Test func threadsChangeNoBit() throws {
    let set = randomPoints(count: 3000, width: 70)
    let one = try KMeans(clusters: 7, seed: 3).cluster(set, device: Device(threads: 1))
    for threads in [2, 3] {
      let other = try KMeans(clusters: 7, seed: 3).cluster(set, device: Device(threads: threads))
      #expect(other.labels == one.labels)
      #expect(other.centres == one.centres)
      #expect(other.inertia == one.inertia)
    }
    let silhouettes = try [1, 2, 3].map { try set.silhouette(one.labels, device: Device(threads: $0)) }
    #expect(silhouettes[0] != nil)
    #expect(silhouettes.allSatisfy { $0 == silhouettes[0] })
  }

  @Test func fewerDifferentPointsThanClusters() throws {
    let set = PointSet(count: 30, width: 2, values: (0..<30).flatMap { [Float($0 % 2), 1] })
    let found = try KMeans(clusters: 5).cluster(set, device: device)
    #expect(found.inertia == 0)
    #expect(Set(found.labels).count == 2)
    #expect(found.centres.values.allSatisfy { $0.isFinite })
    #expect(throws: EmbeddingError.tooManyClusters(31, points: 30)) {
      try KMeans(clusters: 31).cluster(set, device: device)
    }
    let alone = try KMeans(clusters: 30).cluster(randomPoints(count: 30, width: 3), device: device)
    #expect(Set(alone.labels).count == 30)
    #expect(alone.inertia < 1e-9)
  }

  @Test func agreementEqualsScikitLearns() throws {
    for c in try EmbeddingFixture.read().agreement {
      let found = ClusterAgreement(clusters: c.clusters, labels: c.labels)
      #expect(abs(found.purity - c.purity) < 1e-9, "\(c.name)")
      #expect(abs(found.normalisedMutualInformation - c.nmi) < 1e-9, "\(c.name)")
      #expect(abs(found.adjustedRandIndex - c.ari) < 1e-9, "\(c.name)")
    }
  }

  @Test func silhouettesEqualScikitLearns() throws {
    for c in try EmbeddingFixture.read().silhouettes {
      let found = try #require(try c.points.set.silhouette(c.labels, device: device))
      #expect(abs(found - c.silhouette) < 1e-5, "\(c.name)")
    }
    let set = randomPoints(count: 5, width: 2)
    #expect(try set.silhouette([1, 1, 1, 1, 1], device: device) == nil)
    #expect(try set.silhouette([0, 1, 2, 3, 4], device: device) == nil)
  }
}
