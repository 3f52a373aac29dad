import FusionCore

/// How the learning rate changes over the epochs.
public enum ScheduleSettings: VariantSettings {
  /// The same throughout, after the warm-up.
  case constant(ConstantSchedule)
  /// Multiplied by a factor every few epochs.
  case step(StepSchedule)
  /// Half a cosine down to a minimum.
  case cosine(CosineSchedule)

  /// The three kinds.
  public static let variants = [
    Variant(name: "constant", summary: "the same throughout", configuration: ConstantSchedule.self),
    Variant(name: "step", summary: "times gamma every step_size epochs", configuration: StepSchedule.self),
    Variant(name: "cosine", summary: "half a cosine down to a minimum", configuration: CosineSchedule.self),
  ]

  /// Wraps settings of one of the three kinds.
  public init(_ configuration: any ComponentConfiguration) {
    switch configuration {
    case let settings as StepSchedule: self = .step(settings)
    case let settings as CosineSchedule: self = .cosine(settings)
    default: self = .constant(configuration as? ConstantSchedule ?? ConstantSchedule())
    }
  }

  /// The settings of the kind chosen.
  public var configuration: any ComponentConfiguration {
    switch self {
    case .constant(let settings): settings
    case .step(let settings): settings
    case .cosine(let settings): settings
    }
  }

  /// Epochs over which the rate rises in a straight line to its full value.
  public var warmupEpochs: Double {
    switch self {
    case .constant(let settings): settings.warmupEpochs
    case .step(let settings): settings.warmupEpochs
    case .cosine(let settings): settings.warmupEpochs
    }
  }
}

/// The optimizer's learning rate.
public struct ConstantSchedule: ComponentConfiguration, Equatable {
  /// See ``ScheduleSettings/warmupEpochs``.
  public var warmupEpochs = 0.0

  /// Without warm-up.
  public init() {}

  private enum CodingKeys: String, CodingKey { case warmupEpochs = "warmup_epochs" }

  /// See the properties.
  public static let options = [warmupOption]
}

/// As `torch.optim.lr_scheduler.StepLR`.
public struct StepSchedule: ComponentConfiguration, Equatable {
  /// Epochs between two changes.
  public var stepSize = 10
  /// The factor.
  public var gamma = 0.1
  /// See ``ScheduleSettings/warmupEpochs``.
  public var warmupEpochs = 0.0

  /// A tenth every ten epochs.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case stepSize = "step_size"
    case gamma
    case warmupEpochs = "warmup_epochs"
  }

  /// See the properties.
  public static let options = [
    Option("step_size", "epochs between two changes", .atLeast(1)),
    Option("gamma", "the factor", .above(0)),
    warmupOption,
  ]
}

/// As `torch.optim.lr_scheduler.CosineAnnealingLR` over the epochs after the warm-up.
public struct CosineSchedule: ComponentConfiguration, Equatable {
  /// The learning rate at the end.
  public var minimum = 0.0
  /// See ``ScheduleSettings/warmupEpochs``.
  public var warmupEpochs = 0.0

  /// Down to zero.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case minimum
    case warmupEpochs = "warmup_epochs"
  }

  /// See the properties.
  public static let options = [Option("minimum", "learning rate at the end", .atLeast(0)), warmupOption]
}

private let warmupOption = Option(
  "warmup_epochs", "epochs, parts of one too, over which the rate rises in a straight line to its full value",
  .atLeast(0))
