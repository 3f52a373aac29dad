import FusionComponents
import FusionCore
import Foundation

/// On-the-fly gradient modulation with generalisation enhancement (Peng et al. 2022): the encoder of a modality that is ahead
/// of the others gets smaller gradients, and all encoders' gradients get noise of their own deviation.
///
/// s_m is the mean, over the samples that have modality m, of the probability that m alone gives their class; ρ_m = s_m over
/// the mean of the other modalities' scores; k_m = 1 − tanh(α ρ_m) where ρ_m > 1, else 1. Then g ← k_m g + N(0, std(g)²).
///
/// A batch in which fewer than two modalities have a sample keeps all its gradients as they are.
public struct OGMGEObjective: Objective {
  /// Its name in configurations.
  public static let name = "ogm_ge"
  /// What `fusionkit list` says of it.
  public static let summary = "smaller gradients, and noise, for the encoders of modalities that are ahead"

  /// The keys of `training.objective: [{type: ogm_ge}]`.
  public struct Configuration: ComponentConfiguration {
    /// Where the scores of modalities come from.
    public enum Scores: String, Sendable, CaseIterable, Codable {
      /// The pipeline's own fusion and decoder, with zeros in the place of the other modalities.
      case fused
      /// Linear heads over the features, which train themselves and nothing else.
      case heads
    }
    /// Which parameters of an encoder are modulated.
    public enum Tensors: String, Sendable, CaseIterable, Codable {
      /// All of them, as in the paper.
      case all
      /// Weights of four dimensions, as in the published code.
      case convolutions
    }

    /// How strongly gradients are reduced.
    public var alpha = 0.3
    /// Whether noise is added.
    public var noise = true
    /// Where the scores come from.
    public var scores = Scores.fused
    /// What is modulated.
    public var tensors = Tensors.all
    /// The first epoch with modulation, from 1.
    public var modulationStarts = 1
    /// The last one; nil: that of the training.
    public var modulationEnds: Int?

    /// All epochs, with noise.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case alpha, noise, scores, tensors
      case modulationStarts = "modulation_starts"
      case modulationEnds = "modulation_ends"
    }

    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("alpha", "how strongly the gradients of a modality that is ahead are reduced", .atLeast(0)),
      Option("noise", "whether noise of each gradient's own deviation is added (GE)"),
      Option("scores", "what scores a modality: the pipeline with zeros for the others, or linear heads", Scores.self),
      Option("tensors", "which parameters of an encoder are modulated", Tensors.self),
      Option("modulation_starts", "first epoch with modulation, counted from 1", .range(1, 1_000_000)),
      Option("modulation_ends", "last epoch with modulation; none: the training's last", .range(1, 1_000_000)),
    ]
  }

  private let configuration: Configuration
  private let heads: ModalityHeads?

  /// For classes of two modalities or more. With heads it has a loss, which trains them alone.
  public static func traits(_ configuration: Configuration) -> ObjectiveTraits {
    ObjectiveTraits(
      trains: configuration.scores == .heads ? [.own] : [], adjusts: [.encoders], tasks: [.classification],
      fewestModalities: 2)
  }

  /// Epochs that end before they start.
  public static func problems(_ configuration: Configuration, _ model: ModelShapes) -> [Problem] {
    guard let ends = configuration.modulationEnds, ends < configuration.modulationStarts else { return [] }
    return [
      Problem(
        path: ["modulation_ends"],
        "modulation would end with epoch \(ends), before it starts with epoch \(configuration.modulationStarts)")
    ]
  }

  /// With `scores: fused`, one for each modality and one that sees zeros alone.
  public static func furtherPasses(_ configuration: Configuration, modalities: Int) -> Int {
    configuration.scores == .fused ? modalities + 1 : 0
  }

  /// With `scores: heads` makes `heads.<modality>.layers.0.{weight, bias}`, linear.
  public init(_ configuration: Configuration, model: ModelShapes, context: BuildContext) {
    self.configuration = configuration
    heads =
      configuration.scores == .heads
      ? ModalityHeads("heads", model.features, hidden: [], width: model.output.elementCount, context: context) : nil
  }

  /// The sum of the heads' cross entropies, `[]`, of features off the tape; nil without heads.
  public func loss(_ step: TrainingStep) -> ObjectiveLoss? {
    guard let heads else { return nil }
    var total: Tensor?
    for (index, output) in heads(step.features.detached, step.pass).enumerated() {
      let samples = step.samples(having: index)
      guard !samples.isEmpty else { continue }
      let loss = step.taskLoss(
        samples.count < step.count ? output.selected(samples, axis: 0) : output, samples: samples)
      total = total.map { $0 + loss } ?? loss
    }
    return total.map { ObjectiveLoss($0) }
  }

  /// Reduces the gradients of the encoders that are ahead, then adds noise to those of all encoders.
  ///
  /// - Returns: `score_<modality>` and `coefficient_<modality>`, s_m and k_m.
  public func adjust(_ gradients: PartGradients, _ step: TrainingStep) throws(PipelineError) -> [ObjectiveValue] {
    let epoch = step.epoch + 1
    guard epoch >= configuration.modulationStarts, epoch <= configuration.modulationEnds ?? .max else { return [] }
    let scores = try scores(step)
    let coefficients = Self.coefficients(of: scores, alpha: configuration.alpha)
    guard scores.count(where: { $0 != nil }) > 1 else { return [] }
    var values: [ObjectiveValue] = []
    for (index, modality) in step.modalities.enumerated() {
      guard let score = scores[index] else { continue }
      values.append(ObjectiveValue("score_\(modality)", score, samples: step.samples(having: index).count))
      values.append(ObjectiveValue("coefficient_\(modality)", coefficients[index], samples: step.count))
      for parameter in gradients[.encoder(modality)] {
        guard let gradient = parameter.gradient, configuration.tensors == .all || gradient.rank == 4 else { continue }
        parameter.gradient = modulated(
          gradient, Float(coefficients[index]), step.random(for: "\(Self.name).\(parameter.name)"))
      }
    }
    return values
  }

  /// k_m of each modality, 1 where it has no score.
  static func coefficients(of scores: [Double?], alpha: Double) -> [Double] {
    scores.indices.map { index in
      let others = scores.indices.compactMap { $0 == index ? nil : scores[$0] }
      guard let own = scores[index], !others.isEmpty else { return 1 }
      let ratio = own / (others.reduce(0, +) / Double(others.count))
      // A score that is no number, or one over 0, tells nothing of which modality is ahead.
      return ratio.isFinite && ratio > 1 ? 1 - tanh(alpha * ratio) : 1
    }
  }

  /// s_m of each modality; nil where no sample has it.
  private func scores(_ step: TrainingStep) throws(PipelineError) -> [Double?] {
    let logits: [Tensor]
    if let heads {
      logits = heads(step.features.detached, .evaluation(device: step.pass.device))
    } else {
      logits = try fusedLogits(step)
    }
    let classes = step.targets.classes ?? []
    return logits.enumerated().map { index, logits in
      let samples = step.samples(having: index)
      guard !samples.isEmpty else { return nil }
      let probabilities = logits.softmax()
      let width = probabilities.shape[1]
      let values = probabilities.storage.values
      return samples.reduce(0.0) { $0 + Double(values[$1 * width + classes[$1]]) } / Double(samples.count)
    }
  }

  /// What the pipeline makes of each modality alone, `[N, classes]`: f(z_m, 0) − (M − 1)/M · f(0). Where fusion and decoder
  /// are `concat` and `linear` this is W_m z_m + b/M, the paper's.
  private func fusedLogits(_ step: TrainingStep) throws(PipelineError) -> [Tensor] {
    let entries = step.features.entries
    func output(keeping kept: Int?) throws(PipelineError) -> Tensor {
      try step.output(
        of: Features(
          entries.enumerated().map { index, entry in
            (entry.modality, index == kept ? entry.tensor : .zeros(entry.tensor.shape, device: step.pass.device))
          }))
    }
    let bias = try output(keeping: nil) * (1 - 1 / Float(entries.count))
    var logits: [Tensor] = []
    for index in entries.indices { logits.append(try output(keeping: index) - bias) }
    return logits
  }

  private func modulated(_ gradient: Tensor, _ coefficient: Float, _ random: RandomStream) -> Tensor {
    let scaled = coefficient == 1 ? gradient : gradient * coefficient
    guard configuration.noise else { return scaled }
    let deviation = Self.deviation(gradient.storage.values) + 1e-8
    return scaled + random.normal(gradient.shape, deviation: deviation, device: gradient.device)
  }

  /// The standard deviation with n − 1, as `torch.std`; 0 of a single value, where PyTorch has NaN.
  private static func deviation(_ values: UnsafeMutableBufferPointer<Float>) -> Double {
    guard values.count > 1 else { return 0 }
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
    let squares = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }
}
