import FusionCore
import Foundation

/// Symmetric contrast between the modalities of a sample and those of the other samples of the batch (Radford et al. 2021,
/// CLIP; van den Oord et al. 2018).
///
/// With u_m = P_m z_m / ‖P_m z_m‖ and S = u_a u_bᵀ / T over the n samples of a batch that have both modalities, the loss of a
/// pair is ½ (CE(S, 0…n−1) + CE(Sᵀ, 0…n−1)); that of more than two modalities is the mean over all pairs.
///
/// A sample that lacks a modality adds nothing to pairs with it, neither as a sample nor as another's negative. A pair with
/// fewer than two samples adds nothing.
public struct InfoNCEObjective: Objective {
  /// Its name in configurations.
  public static let name = "info_nce"
  /// What `fusionkit list` says of it.
  public static let summary = "symmetric contrast between the features of each pair of modalities, as CLIP's"

  /// The keys of `training.objective: [{type: info_nce}]`.
  public struct Configuration: ComponentConfiguration {
    /// The width of the space in which modalities are compared.
    public var width = 128
    /// What similarities are divided by; where it is learned, the value to begin with.
    public var temperature = 0.07
    /// Whether the temperature is a parameter.
    public var learnTemperature = false

    /// A fixed temperature of 0.07.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case width, temperature
      case learnTemperature = "learn_temperature"
    }

    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("width", "width of the space that the features are projected to", .size),
      Option("temperature", "what similarities are divided by; the first value where it is learned", .above(0)),
      Option("learn_temperature", "whether the temperature is learned, within 0.01 and 1 as CLIP's"),
    ]
  }

  private let projections: [Linear]
  private let scale: Float
  private let logScale: Parameter?
  /// CLIP's bounds of log(1 / T): T from 0.01 to 1.
  private static let logScales = Float(0)...Float(log(100.0))

  /// Trains encoders, projections and the temperature; needs pairs of modalities and of samples.
  public static func traits(_ configuration: Configuration) -> ObjectiveTraits {
    ObjectiveTraits(trains: [.encoders, .own], fewestModalities: 2, fewestSamples: 2)
  }

  /// A learned temperature that begins out of its bounds.
  public static func problems(_ configuration: Configuration, _ model: ModelShapes) -> [Problem] {
    guard configuration.learnTemperature, !(0.01...1 ~= configuration.temperature) else { return [] }
    return [
      Problem(
        path: ["temperature"],
        "a learned temperature stays within 0.01 and 1, this one begins at \(configuration.temperature)",
        hint: "begin at 0.07, as CLIP does, or set learn_temperature: false")
    ]
  }

  /// Makes `projections.<modality>.weight` `[width, d_m]`, and `log_scale` `[]` where the temperature is learned.
  public init(_ configuration: Configuration, model: ModelShapes, context: BuildContext) {
    projections = model.features.map {
      Linear(
        inputs: $0.width, outputs: configuration.width, bias: false,
        context: context.scope("projections.\($0.modality)"))
    }
    scale = Float(1 / configuration.temperature)
    logScale =
      configuration.learnTemperature
      ? context.parameter("log_scale", [], .constant(log(1 / configuration.temperature))) : nil
  }

  /// The mean over all pairs of modalities, `[]`; nil where no pair has two samples.
  public func loss(_ step: TrainingStep) -> ObjectiveLoss? {
    let scale = scale(step.pass)
    let units = zip(projections, step.features.vectors).map { $0($1, step.pass).rowsOfLengthOne }
    var total: Tensor?
    var values: [ObjectiveValue] = []
    let names = step.modalities
    for a in names.indices {
      for b in names.indices where b > a {
        let samples = step.samples(having: a).filter { step.presence?.has(b, sample: $0) ?? true }
        guard samples.count >= 2 else { continue }
        let all = samples.count == step.count
        let (left, right) =
          all ? (units[a], units[b]) : (units[a].selected(samples, axis: 0), units[b].selected(samples, axis: 0))
        let similarities = left.matmul(right, otherTransposed: true) * scale
        let places = Array(samples.indices)
        let loss = (similarities.crossEntropy(places) + similarities.transposed().crossEntropy(places)) * 0.5
        if names.count > 2 {
          values.append(ObjectiveValue("\(names[a])_\(names[b])", Double(loss.item), samples: samples.count))
        }
        total = total.map { $0 + loss } ?? loss
      }
    }
    if logScale != nil { values.append(ObjectiveValue("temperature", 1 / Double(scale.item), samples: step.count)) }
    let pairs = names.count * (names.count - 1) / 2
    return total.map { ObjectiveLoss(pairs == 1 ? $0 : $0 / Float(pairs), values: values) }
  }

  /// 1 / T, `[]`. As in CLIP, a learned one is brought back into its bounds before it is used.
  private func scale(_ pass: ForwardPass) -> Tensor {
    guard let logScale else { return Tensor(repeating: scale, shape: [], device: pass.device) }
    let bounds = Self.logScales
    logScale.value.storage.base[0] = min(max(logScale.value.item, bounds.lowerBound), bounds.upperBound)
    return pass[logScale].exp()
  }
}

extension Tensor {
  /// Each row `[N, D]` divided by its Euclidean norm. A row shorter than 1e-12 stays as it is: it has no direction.
  fileprivate var rowsOfLengthOne: Tensor {
    let squares = square().sum(axes: [1], keepDimensions: true)
    return self * Tensor.where(squares .> 1e-24, squares, 1).rsqrt()
  }
}
