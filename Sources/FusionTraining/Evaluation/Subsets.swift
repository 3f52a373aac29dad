import FusionConfig
import FusionCore
import FusionData

/// How good a model is when it sees some of its modalities only.
public struct SubsetEvaluation {
  /// The modalities that it saw, in the order of the configuration.
  public let present: [String]
  /// Outputs and metrics for the samples that have at least one of them.
  public let evaluation: Evaluation
}

extension Trainer {
  /// A run's model on a part of the data, once for each subset of the modalities but the empty one: all of them first,
  /// then without one, and so on. What takes the place of the others is what the fusion declares or `fusion.missing` says.
  ///
  /// Each modality is encoded once. A subset that no sample has anything of is left out.
  ///
  /// - Throws: what ``evaluate(_:split:metrics:corruptions:)`` throws; `ConfigError` where the fusion refuses missing modalities.
  public func evaluateSubsets(
    _ run: RunFolder, split: SplitName = .test, metrics: [String] = [], corruptions: [Corruption] = []
  ) throws -> [SubsetEvaluation] {
    let (evaluator, part, objective) = try prepared(run, split: split, metrics: metrics, corruptions)
    do throws(PipelineError) {
      try evaluator.pipeline.checkSubsets()
    } catch {
      throw experiment.diagnostics(for: error.problems)
    }
    return try evaluator.evaluateSubsets(part, objective, title: split.rawValue)
  }
}

extension Pipeline {
  fileprivate func checkSubsets() throws(PipelineError) {
    let fusion = specification.fusion
    if modalities.count > 1, fusion.missingPolicy == .refuse {
      throw PipelineError(problems: [
        Problem(
          path: ["fusion"],
          "the fusion '\(fusion.type.name)' refuses samples that lack a modality: no subset can be seen",
          hint: "fusion.missing says what takes a modality's place: own, zero, mean, token")
      ])
    }
    if modalities.count > Evaluator.mostModalities {
      throw PipelineError(problems: [
        Problem(
          path: ["modalities"], "\(modalities.count) modalities have too many subsets",
          hint: "at most \(Evaluator.mostModalities)")
      ])
    }
  }
}

extension Evaluator {
  /// 2^10 passes through fusion and decoder are as many as anyone wants to wait for.
  static let mostModalities = 10

  /// All subsets, the large ones first, in the order of the modalities.
  static func subsets(of names: [String]) -> [[String]] {
    (1..<(1 << names.count)).map { bits in names.indices.filter { bits >> $0 & 1 == 1 } }
      .sorted { a, b in a.count == b.count ? a.lexicographicallyPrecedes(b) : a.count > b.count }
      .map { subset in subset.map { names[$0] } }
  }

  /// Outputs and metrics of a part for each subset of its modalities.
  func evaluateSubsets(_ split: DataSplit, _ objective: TaskLoss, title: String) throws -> [SubsetEvaluation] {
    let width = pipeline.output.elementCount
    let whole = pipeline.presence(split.presence(of: split.rows[...]), of: split.modalities.map(\.name), split.count)
    var views = Self.subsets(of: split.modalities.map(\.name)).map { View($0, of: pipeline, whole, split.count, width) }
    let loader = BatchLoader(
      split, conversions: try pipeline.conversions(for: split), batchSize: batchSize, transforms: transforms)
    progress.report(.began(title: title, samples: split.count))
    defer { progress.report(.ended) }
    var done = 0
    while let batch = try loader.next() {
      let pass = ForwardPass.evaluation(device: device)
      let (raw, presence) = pipeline.raw(of: batch, device: device)
      let features = try features(of: raw, presence: presence, batch, split, pass)
      for i in views.indices {
        try views[i].take(features, at: done, pipeline, pass) { output, seen, rows in
          try require(output, isFiniteFor: batch, rows: rows, of: split) {
            try pipeline.firstNotFinite(seen, rows: rows, pass)
          }
        }
      }
      done += batch.count
      progress.report(.advanced(samples: done, loss: nil))
    }
    return try views.filter { !$0.rows.isEmpty }.map { view in
      let part = split.with(rows: view.rows.map { split.rows[$0] })
      let outputs = Tensor(shape: [part.count] + pipeline.output, storage: view.outputs, device: device)
      let evaluation = Evaluation(
        split: part, outputs: objective.original(outputs), report: try objective.report(outputs, part))
      return SubsetEvaluation(present: view.present, evaluation: evaluation)
    }
  }

  /// One subset, and what has been collected for it.
  private struct View {
    let present: [String]
    let kept: [Bool]
    /// The places in the part of the samples that have any of it, rising.
    let rows: [Int]
    let outputs: Storage
    private var next = 0

    init(_ present: [String], of pipeline: Pipeline, _ presence: Presence?, _ count: Int, _ width: Int) {
      self.present = present
      kept = pipeline.modalities.map(present.contains)
      let counts = Presence.restricted(presence, to: kept, count: count)?.modalityCounts
      rows = counts.map { counts in counts.indices.filter { counts[$0] > 0 } } ?? Array(0..<count)
      outputs = Storage(count: rows.count * width)
    }

    /// The output for a batch that begins at place `start` of the part.
    ///
    /// - Parameter check: gets the output, the features that it is made of, and which of the batch's samples they are.
    mutating func take(
      _ features: Features, at start: Int, _ pipeline: Pipeline, _ pass: ForwardPass,
      check: (_ output: Tensor, _ seen: Features, _ rows: [Int]) throws -> Void
    ) throws {
      let batch = features.tensors[0].shape[0]
      let own = rows[next...].prefix { $0 < start + batch }.map { $0 - start }
      guard !own.isEmpty else { return }
      let restricted = features.restricted(to: kept)
      let seen = own.count == batch ? restricted : restricted.samples(own)
      let output = try pipeline.decode(seen, pass)
      try check(output, seen, Array(own))
      let width = output.count / own.count
      (outputs.base + next * width).update(from: output.storage.base, count: output.count)
      next += own.count
    }
  }
}
