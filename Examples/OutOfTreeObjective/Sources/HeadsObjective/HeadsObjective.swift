import FusionCore

/// The task's loss of each modality alone, through a linear head over its features: Σ_m L(W_m z_m + b_m).
///
/// What the plugin `unimodal` does, without its options.
public struct HeadsObjective: Objective {
  /// Its name in configurations.
  public static let name = "heads"
  /// What `fusionkit list` says of it.
  public static let summary = "the sum of the task's losses of each modality alone, through linear heads"
  /// It has no keys.
  public typealias Configuration = NoConfiguration

  private let heads: [Linear]

  /// Trains encoders and heads.
  public static func traits(_ configuration: Configuration) -> ObjectiveTraits {
    ObjectiveTraits(trains: [.encoders, .own])
  }

  /// Makes `<modality>.weight` `[K, d_m]` and `<modality>.bias` `[K]`.
  public init(_ configuration: Configuration, model: ModelShapes, context: BuildContext) {
    heads = model.features.map {
      Linear(inputs: $0.width, outputs: model.output.elementCount, context: context.scope($0.modality))
    }
  }

  /// The sum of the losses `[]` of the modalities that some sample has; a sample that lacks one adds nothing to its loss.
  public func loss(_ step: TrainingStep) -> ObjectiveLoss? {
    let losses = step.features.vectors.enumerated().compactMap { index, features -> Tensor? in
      let samples = step.samples(having: index)
      guard !samples.isEmpty else { return nil }
      return step.taskLoss(heads[index](features.selected(samples, axis: 0), step.pass), samples: samples)
    }
    guard let first = losses.first else { return nil }
    return ObjectiveLoss(losses.dropFirst().reduce(first) { $0 + $1 })
  }
}
