import Foundation
import FusionCore
import FusionData
import FusionTraining

/// Looks at a run's encodings: t-SNE and k-means in each space, and how far clusters agree with labels.
public struct EncodingStudy: Sendable {
  /// See ``TSNE``.
  public var perplexity = 30.0
  /// Nil: as many as there are classes among the samples; without classes no clusters are sought.
  public var clusters: Int?
  /// Of t-SNE and k-means.
  public var seed: UInt64 = 0

  /// Usual settings.
  public init() {}

  /// Studies every space, one after the other.
  ///
  /// - Throws: ``EmbeddingError`` that names the space.
  public func callAsFunction(
    _ encodings: Encodings, run: String, device: Device, progress: any ProgressReporter = SilentProgress()
  ) throws -> EncodingReport {
    let targets = try SampleTargets(encodings.split)
    let present = Set(targets.classes.compactMap { $0 }).count
    let wanted = clusters ?? (present > 1 ? present : nil)
    if clusters == nil, present == 1 {
      progress.report(.warning("all samples are of one class: no clusters are sought; --clusters asks for some"))
    }
    let spaces = try encodings.spaces.map { space in
      do throws(EmbeddingError) {
        return try study(space, targets, wanted, device, progress)
      } catch {
        throw SpaceError(space: space.name, error: error)
      }
    }
    return EncodingReport(
      run: run, split: encodings.split.name, samples: encodings.split.count, seed: seed, perplexity: perplexity,
      clusters: wanted, classes: encodings.classes, generatedData: encodings.isGenerated, spaces: spaces,
      ids: encodings.split.sampleIDs, targets: targets)
  }

  private func study(
    _ space: Encodings.Space, _ targets: SampleTargets, _ clusters: Int?, _ device: Device,
    _ progress: any ProgressReporter
  ) throws(EmbeddingError) -> EncodingReport.Space {
    let points = PointSet(space.vectors)
    let method = TSNE(perplexity: perplexity, seed: seed)
    progress.report(.began(title: "t-SNE \(space.name)", samples: points.count))
    defer { progress.report(.ended) }
    let (embedding, seconds) = try timed { () throws(EmbeddingError) in
      try method.embed(points, device: device) { steps in
        progress.report(.advanced(samples: points.count * steps / method.iterations, loss: nil))
      }
    }
    var groupings: [EncodingReport.Grouping] = []
    if let clusters {
      for (name, set) in [("encodings", points), ("embedding", embedding.points)] {
        groupings.append(try grouping(of: set, name, targets, clusters, device))
      }
    }
    let labels = targets.labels
    return EncodingReport.Space(
      name: space.name, width: points.width,
      tsne: .init(divergence: embedding.divergence, iterations: embedding.iterations, seconds: seconds),
      labelSilhouette: .init(
        encodings: try labels.flatMap { labels throws(EmbeddingError) in try points.silhouette(labels, device: device)
        },
        embedding: try labels.flatMap { labels throws(EmbeddingError) in
          try embedding.points.silhouette(labels, device: device)
        }), groupings: groupings, points: embedding.points, vectors: points)
  }

  private func grouping(
    of set: PointSet, _ name: String, _ targets: SampleTargets, _ clusters: Int, _ device: Device
  ) throws(EmbeddingError) -> EncodingReport.Grouping {
    let (found, seconds) = try timed { () throws(EmbeddingError) in
      try KMeans(clusters: clusters, seed: seed).cluster(set, device: device)
    }
    return EncodingReport.Grouping(
      on: name, inertia: found.inertia, iterations: found.iterations, seconds: seconds,
      agreement: targets.labels.map { ClusterAgreement(clusters: found.labels, labels: $0) },
      silhouette: try set.silhouette(found.labels, device: device), labels: found.labels)
  }
}

/// Runs and takes the time, to the millisecond.
private func timed<Result>(_ body: () throws(EmbeddingError) -> Result) throws(EmbeddingError) -> (Result, Double) {
  let start = ContinuousClock.now
  let result = try body()
  return (result, ((ContinuousClock.now - start) / .seconds(1) * 1000).rounded() / 1000)
}

/// What is wrong with one space's points.
public struct SpaceError: UserError {
  /// Whose encodings.
  public let space: String
  /// What is wrong with them.
  public let error: EmbeddingError
  /// That of the error.
  public var exitStatus: Int32 { error.exitStatus }
  /// The space, then the error.
  public var description: String { "\(space): \(error.description)" }
}

/// What is known of the samples beside their encodings: classes, values, or words.
struct SampleTargets {
  /// A class of each sample; nil where there is none, or more than one.
  let classes: [Int?]
  /// The names of the classes; empty where samples have no class or several.
  let names: [String]
  /// The first value of a regression.
  let values: [Double]
  /// For a table: a class, several separated by blanks, values separated by blanks, or nothing.
  let words: [String]

  init(_ split: DataSplit) throws(DataError) {
    let rows = split.rows
    switch split.targets {
    case .classes(_, let names):
      classes = split.labels
      self.names = names
      values = []
      words = split.labels.map { names[$0] }
    case .flags(let array, _), .values(let array):
      let width = array.sampleCount
      let storage = Storage(count: rows.count * width)
      try array.gather(rows: rows[...], into: storage.base)
      let classNames = split.classNames
      classes = [Int?](repeating: nil, count: rows.count)
      names = []
      values = classNames.isEmpty ? rows.indices.map { Double(storage.base[$0 * width]) } : []
      words = rows.indices.map { row in
        let values = storage.values[row * width..<(row + 1) * width]
        return classNames.isEmpty
          ? values.map { "\($0)" }.joined(separator: " ")
          : zip(classNames, values).filter { $1 > 0.5 }.map(\.0).joined(separator: " ")
      }
    case nil:
      classes = [Int?](repeating: nil, count: rows.count)
      (names, values, words) = ([], [], [String](repeating: "", count: rows.count))
    }
  }

  /// The class of every sample, where each has one.
  var labels: [Int]? {
    let known = classes.compactMap { $0 }
    return known.count == classes.count ? known : nil
  }
}
