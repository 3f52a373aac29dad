import FusionComponents
import FusionCore

/// The task's loss of each modality alone, through a head of its own over its features: Σ_m λ_m L(head_m(z_m)).
///
/// A sample that lacks a modality adds nothing to the modality's loss, which is the mean over the samples that have it.
public struct UnimodalObjective: Objective {
  /// Its name in configurations.
  public static let name = "unimodal"
  /// What `fusionkit list` says of it.
  public static let summary = "the sum of the task's losses of each modality alone, through heads of their own"

  /// The keys of `training.objective: [{type: unimodal}]`.
  public struct Configuration: ComponentConfiguration {
    /// The widths of the hidden layers of each head.
    public var hidden: [Int] = []
    /// What each modality's loss is multiplied by; 1 where nothing is said.
    public var modalityWeights: [String: Double] = [:]

    /// Linear heads, all losses alike.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case hidden
      case modalityWeights = "modality_weights"
    }

    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("hidden", "width of each hidden layer of a modality's head; none: linear heads", .size),
      Option("modality_weights", "what a modality's loss is multiplied by, by its name; 1 if not given", .atLeast(0)),
    ]
  }

  private let heads: ModalityHeads
  private let weights: [Float]

  /// Trains encoders and heads; fusion and decoder take no part.
  public static func traits(_ configuration: Configuration) -> ObjectiveTraits {
    ObjectiveTraits(trains: [.encoders, .own])
  }

  /// Weights of modalities that the pipeline does not have.
  public static func problems(_ configuration: Configuration, _ model: ModelShapes) -> [Problem] {
    let known = model.features.map(\.modality)
    return configuration.modalityWeights.keys.sorted().filter { !known.contains($0) }.map { name in
      Problem(
        path: ["modality_weights", name], "the pipeline has no modality '\(name)'",
        hint: "available: \(known.joined(separator: ", "))")
    }
  }

  /// Makes the heads: `heads.<modality>.layers.<i>.{weight, bias}`.
  public init(_ configuration: Configuration, model: ModelShapes, context: BuildContext) {
    heads = ModalityHeads(
      "heads", model.features, hidden: configuration.hidden, width: model.output.elementCount, context: context)
    weights = model.features.map { Float(configuration.modalityWeights[$0.modality] ?? 1) }
  }

  /// The weighted sum of the losses `[]` of all modalities that some sample of the batch has.
  public func loss(_ step: TrainingStep) -> ObjectiveLoss? {
    let outputs = heads(step.features, step.pass)
    var total: Tensor?
    var reported: Double?
    var values: [ObjectiveValue] = []
    for (index, modality) in step.modalities.enumerated() {
      let samples = step.samples(having: index)
      guard !samples.isEmpty else { continue }
      let output = samples.count < step.count ? outputs[index].selected(samples, axis: 0) : outputs[index]
      let loss = step.taskLoss(output, samples: samples)
      let own = step.reportedTaskLoss(output, samples: samples)
      values.append(ObjectiveValue(modality, own ?? Double(loss.item), samples: samples.count))
      if let classes = step.targets.classes {
        let right = zip(output.argmax(), samples).count { $0 == classes[$1] }
        values.append(
          ObjectiveValue("accuracy_\(modality)", Double(right) / Double(samples.count), samples: samples.count))
      }
      if let own { reported = (reported ?? 0) + Double(weights[index]) * own }
      let weighted = weights[index] == 1 ? loss : loss * weights[index]
      total = total.map { $0 + weighted } ?? weighted
    }
    return total.map { ObjectiveLoss($0, reported: reported, values: values) }
  }
}
