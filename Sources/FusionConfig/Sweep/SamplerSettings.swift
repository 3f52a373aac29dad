import FusionCore

/// How a search chooses its trials: `sweep.sampler:`.
public enum SamplerSettings: VariantSettings {
  /// Every combination of the values.
  case grid(GridSampler)
  /// Combinations drawn at random (Bergstra and Bengio 2012).
  case random(RandomSampler)
  /// Combinations that the installed `optuna` command proposes.
  case optuna(OptunaSampler)

  /// The three kinds.
  public static let variants = [
    Variant(name: "grid", summary: "every combination of the values", configuration: GridSampler.self),
    Variant(
      name: "random", summary: "combinations drawn at random (Bergstra and Bengio 2012)",
      configuration: RandomSampler.self),
    Variant(
      name: "optuna", summary: "Bayesian search by the installed optuna command (Akiba et al. 2019)",
      configuration: OptunaSampler.self),
  ]

  /// Wraps settings of one of the three kinds.
  public init(_ configuration: any ComponentConfiguration) {
    switch configuration {
    case let settings as RandomSampler: self = .random(settings)
    case let settings as OptunaSampler: self = .optuna(settings)
    default: self = .grid(configuration as? GridSampler ?? GridSampler())
    }
  }

  /// The settings of the kind chosen.
  public var configuration: any ComponentConfiguration {
    switch self {
    case .grid(let settings): settings
    case .random(let settings): settings
    case .optuna(let settings): settings
    }
  }

  /// The number of trials asked for; nil where it follows from the values.
  public var trials: Int? {
    switch self {
    case .grid: nil
    case .random(let settings): settings.trials
    case .optuna(let settings): settings.trials
    }
  }
}

/// Every combination; nothing to choose.
public struct GridSampler: ComponentConfiguration, Equatable {
  /// No keys.
  public init() {}
  /// See the properties.
  public static let options: [Option] = []
}

/// Combinations drawn at random.
public struct RandomSampler: ComponentConfiguration, Equatable {
  /// How many different combinations.
  public var trials = 20

  /// Twenty trials.
  public init() {}

  /// See the properties.
  public static let options = [
    Option("trials", "how many different combinations", .range(1, Double(SweepSettings.mostTrials)))
  ]
}

/// Bayesian search by the `optuna` command: its tree-structured Parzen estimator (Bergstra et al. 2011).
public struct OptunaSampler: ComponentConfiguration, Equatable {
  /// How many trials the study is to have.
  public var trials = 20
  /// The URL of a database that several machines can reach; nil: a file in the search's folder.
  public var storage: String?
  /// What the study is called in the database; nil: the experiment's name.
  public var study: String?

  /// Twenty trials, in a file of its own.
  public init() {}

  /// See the properties.
  public static let options = [
    Option("trials", "how many trials the study is to have", .range(1, Double(SweepSettings.mostTrials))),
    Option("storage", "URL of a database that several machines share; none: a file in the search's folder"),
    Option("study", "what the study is called there; none: the experiment's name"),
  ]
}
