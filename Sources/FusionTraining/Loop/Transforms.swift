import FusionConfig
import FusionCore
import FusionData

extension Experiment {
  /// What does not suit the arrays, each at its place.
  func transformProblems(_ arrays: [String: ArrayDescription]) -> [Problem] {
    let shapes = pipeline.branches.compactMap { branch in
      arrays[branch.name].map { ModalityShape(branch.name, $0.sampleShape) }
    }
    return transforms.placed.flatMap { path, modality, transform in
      transform.problems(shapes.filter { modality == nil || $0.modality == modality }).map { problem in
        var placed = problem
        placed.path = path + problem.path
        return placed
      }
    }
  }
}

extension TransformSettings {
  /// The transforms of a training on arrays of these shapes; nil: there are none.
  ///
  /// - Parameter seed: that of the stage.
  func made(for shapes: [ModalityShape], seed: UInt64) -> SampleTransforms? {
    let random = RandomStream(seed: seed).derived("transforms")
    return SampleTransforms(
      placed.map { path, modality, transform in
        .init(path: path, modality, transform, shapes, random.derived(path.joined(separator: ".")))
      })
  }
}

extension SampleTransforms {
  /// Those of an evaluation; nil: there are none.
  init?(_ corruptions: [Corruption], _ shapes: [ModalityShape], seed: UInt64) {
    let random = RandomStream(seed: seed).derived("corruptions")
    self.init(
      corruptions.enumerated().map { index, corruption in
        .init(path: ["--corrupt"], corruption.modality, corruption.transform, shapes, random.derived(index))
      })
  }

  /// The same in another epoch.
  func at(epoch: Int) -> SampleTransforms {
    var copy = self
    copy.epoch = epoch
    return copy
  }
}

extension SampleTransforms.Step {
  fileprivate init(
    path: [String], _ modality: String?, _ transform: ConfiguredTransform, _ shapes: [ModalityShape],
    _ random: RandomStream
  ) {
    let own = shapes.filter { modality == nil || $0.modality == modality }
    self.init(
      place: "'\(transform.type.name)' (\(path.joined(separator: ".")))", transform.make(own),
      modalities: own.map(\.modality), random: random)
  }
}

extension [Corruption] {
  /// Refuses those that do not suit the model's arrays.
  func check(_ shapes: [ModalityShape]) throws(PipelineError) {
    let problems = flatMap { corruption in
      corruption.transform.problems(shapes.filter { corruption.modality == nil || $0.modality == corruption.modality })
    }.map { Problem("--corrupt: \($0.message)", hint: $0.hint) }
    guard problems.isEmpty else { throw PipelineError(problems: problems) }
  }
}

extension Pipeline {
  /// One sample of each modality, as it is stored.
  var sampleShapes: [ModalityShape] { zip(modalities, inputs).map { ModalityShape($0, $1.sampleShape) } }
}
