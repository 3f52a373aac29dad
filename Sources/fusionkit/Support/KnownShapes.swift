import FusionConfig
import FusionCore
import FusionData
import FusionTraining

/// What is known of an experiment's arrays and classes before any file is opened.
struct KnownShapes {
  /// By modality.
  let inputs: [String: ArrayDescription]
  /// `[classes]`; nil where only the data can tell.
  let output: Shape?

  /// What the data set declares, or else what its files hold.
  init(_ experiment: Experiment) throws {
    if let declared = Self.declared(by: experiment), declared.output != nil {
      self = declared
      return
    }
    let split = try experiment.openedSplit()
    self.init(inputs: split.descriptions, output: split.targets.map { [$0.width] })
  }

  private init(inputs: [String: ArrayDescription], output: Shape?) {
    self.inputs = inputs
    self.output = output
  }

  /// What the data set declares; nil where it declares nothing.
  static func declared(by experiment: Experiment) -> KnownShapes? {
    guard let format = experiment.data.dataset as? any DatasetFormat.Type else { return nil }
    return declared(by: format, experiment)
  }

  private static func declared<F: DatasetFormat>(by format: F.Type, _ experiment: Experiment) -> KnownShapes? {
    guard let configuration = experiment.data.configuration as? F.Configuration,
      let inputs = format.declaredArrays(configuration)
    else { return nil }
    guard case .classification = experiment.task else { return KnownShapes(inputs: inputs, output: nil) }
    let classes = experiment.data.classes?.count ?? format.declaredClasses(configuration)?.count
    return KnownShapes(inputs: inputs, output: classes.map { [$0] })
  }
}

extension Experiment {
  /// Layers and shapes, as far as `shapes` lets them be known.
  ///
  /// - Throws: `ConfigError` with everything that cannot work.
  func inferred(_ shapes: KnownShapes) throws(ConfigError) -> ModelSummary {
    let missing = pipeline.branches.filter { shapes.inputs[$0.name] == nil }.map { branch in
      Problem(
        path: ["modalities", branch.name], "the data set '\(data.dataset.name)' has no array '\(branch.name)'",
        hint: "it has: \(shapes.inputs.keys.sorted().joined(separator: ", "))")
    }
    let summary = pipeline.infer(inputs: shapes.inputs, output: shapes.output).summary
    let problems = missing + summary.problems
    guard problems.isEmpty else { throw diagnostics(for: problems) }
    return summary
  }
}

extension Experiment {
  /// The training part of the data, or where there is none the first there is; unprepared but for the classes.
  fileprivate func openedSplit() throws -> DataSplit {
    let set = try openData(root: data.root).prepared(
      classes: data.classes, random: RandomStream(seed: seed))
    return try set.splits.first ?? set.split(.train)
  }
}
