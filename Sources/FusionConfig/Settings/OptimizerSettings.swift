import FusionCore

/// Which optimizer, with PyTorch's names and defaults.
public enum OptimizerSettings: VariantSettings {
  /// Stochastic gradient descent.
  case sgd(SGDSettings)
  /// Kingma and Ba 2015.
  case adam(AdamSettings)
  /// Loshchilov and Hutter 2019.
  case adamw(AdamWSettings)

  /// The three kinds.
  public static let variants = [
    Variant(name: "sgd", summary: "stochastic gradient descent, with momentum", configuration: SGDSettings.self),
    Variant(name: "adam", summary: "Adam (Kingma and Ba 2015)", configuration: AdamSettings.self),
    Variant(
      name: "adamw", summary: "Adam with decoupled weight decay (Loshchilov and Hutter 2019)",
      configuration: AdamWSettings.self),
  ]

  /// Wraps settings of one of the three kinds.
  public init(_ configuration: any ComponentConfiguration) {
    switch configuration {
    case let settings as AdamSettings: self = .adam(settings)
    case let settings as AdamWSettings: self = .adamw(settings)
    default: self = .sgd(configuration as? SGDSettings ?? SGDSettings())
    }
  }

  /// The settings of the kind chosen.
  public var configuration: any ComponentConfiguration {
    switch self {
    case .sgd(let settings): settings
    case .adam(let settings): settings
    case .adamw(let settings): settings
    }
  }
}

/// As `torch.optim.SGD`.
public struct SGDSettings: ComponentConfiguration, Equatable {
  /// The step length.
  public var learningRate = 1e-3
  /// How much of the previous step is kept.
  public var momentum = 0.0
  /// How much of the gradient the momentum leaves out.
  public var dampening = 0.0
  /// Whether the gradient looks ahead.
  public var nesterov = false
  /// L2 penalty.
  public var weightDecay = 0.0

  /// PyTorch's defaults.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case learningRate = "learning_rate"
    case momentum, dampening, nesterov
    case weightDecay = "weight_decay"
  }

  /// See the properties.
  public static let options = [
    Option("learning_rate", "step length", .atLeast(0)),
    Option("momentum", "how much of the previous step is kept", .atLeast(0)),
    Option("dampening", "how much of the gradient the momentum leaves out"),
    Option("nesterov", "whether the gradient looks ahead; wants momentum, and no dampening"),
    Option("weight_decay", "L2 penalty", .atLeast(0)),
  ]
}

/// As `torch.optim.Adam`.
public struct AdamSettings: ComponentConfiguration, Equatable {
  /// The step length.
  public var learningRate = 1e-3
  /// Decay of the two running averages.
  public var betas = [0.9, 0.999]
  /// Added to the denominator.
  public var eps = 1e-8
  /// L2 penalty.
  public var weightDecay = 0.0

  /// PyTorch's defaults.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case learningRate = "learning_rate"
    case betas, eps
    case weightDecay = "weight_decay"
  }

  /// See the properties.
  public static let options = adamOptions(weightDecay: "L2 penalty")
}

/// As `torch.optim.AdamW`.
public struct AdamWSettings: ComponentConfiguration, Equatable {
  /// The step length.
  public var learningRate = 1e-3
  /// Decay of the two running averages.
  public var betas = [0.9, 0.999]
  /// Added to the denominator.
  public var eps = 1e-8
  /// What is taken off every weight, as a share of the learning rate.
  public var weightDecay = 0.01

  /// PyTorch's defaults.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case learningRate = "learning_rate"
    case betas, eps
    case weightDecay = "weight_decay"
  }

  /// See the properties.
  public static let options = adamOptions(weightDecay: "share of each weight taken off, times the learning rate")
}

private func adamOptions(weightDecay: String) -> [Option] {
  [
    Option("learning_rate", "step length", .atLeast(0)),
    Option("betas", "decay of the running averages of gradient and square", .range(0, 1, includesUpper: false)),
    Option("eps", "added to the denominator", .atLeast(0)),
    Option("weight_decay", weightDecay, .atLeast(0)),
  ]
}
