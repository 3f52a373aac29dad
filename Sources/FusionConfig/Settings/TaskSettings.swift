import FusionCore

/// What is asked of the pipeline; how many classes or targets there are is read off the data.
public enum TaskSettings: VariantSettings {
  /// One class for each sample: cross-entropy.
  case classification(ClassificationSettings)
  /// Any number of classes for each sample: binary cross-entropy with logits.
  case multilabel(MultilabelSettings)
  /// Numbers.
  case regression(RegressionSettings)

  /// The three kinds.
  public static let variants = [
    Variant(
      name: "classification", summary: "one class for each sample: cross-entropy",
      configuration: ClassificationSettings.self),
    Variant(
      name: "multilabel", summary: "any number of classes for each sample: binary cross-entropy",
      configuration: MultilabelSettings.self),
    Variant(name: "regression", summary: "numbers for each sample", configuration: RegressionSettings.self),
  ]

  /// Wraps settings of one of the three kinds.
  public init(_ configuration: any ComponentConfiguration) {
    switch configuration {
    case let settings as MultilabelSettings: self = .multilabel(settings)
    case let settings as RegressionSettings: self = .regression(settings)
    default: self = .classification(configuration as? ClassificationSettings ?? ClassificationSettings())
    }
  }

  /// The settings of the kind chosen.
  public var configuration: any ComponentConfiguration {
    switch self {
    case .classification(let settings): settings
    case .multilabel(let settings): settings
    case .regression(let settings): settings
    }
  }
}

/// As `torch.nn.CrossEntropyLoss`.
public struct ClassificationSettings: ComponentConfiguration, Equatable {
  /// The share of the target spread evenly over all classes.
  public var labelSmoothing = 0.0
  /// What each class counts in the loss.
  public var classWeights = ClassWeights.none

  /// Hard targets, every sample counted alike.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case labelSmoothing = "label_smoothing"
    case classWeights = "class_weights"
  }

  /// See the properties.
  public static let options = [
    Option("label_smoothing", "share of the target spread over all classes", .range(0, 1, includesUpper: false)),
    Option("class_weights", "what each class counts in the loss: none, balanced, or a list", .atLeast(0)),
  ]
}

/// What each class counts in the loss.
public enum ClassWeights: Sendable, Equatable, SelfDescribing {
  /// All alike.
  case none
  /// Inversely to its share of the training part, as scikit-learn's `balanced`: n / (classes · n_class).
  case balanced
  /// In the order of the classes.
  case given([Double])

  static let kind = ValueKind.either([.choice(["none", "balanced"]), .list(.number)])

  /// A word, or a list of numbers.
  public init(from decoder: any Swift.Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let word = try? container.decode(String.self) {
      self = word == "balanced" ? .balanced : .none
    } else {
      self = .given(try container.decode([Double].self))
    }
  }

  /// A word, or a list of numbers.
  public func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .none: try container.encode("none")
    case .balanced: try container.encode("balanced")
    case .given(let weights): try container.encode(weights)
    }
  }
}

/// As `torch.nn.BCEWithLogitsLoss`.
public struct MultilabelSettings: ComponentConfiguration, Equatable {
  /// The probability from which a label counts as predicted.
  public var threshold = 0.5

  /// Labels from a half on.
  public init() {}

  /// See the properties.
  public static let options = [
    Option("threshold", "probability from which a label counts as predicted", .range(0, 1))
  ]
}

/// As `torch.nn.MSELoss`, `L1Loss` and `HuberLoss`.
public struct RegressionSettings: ComponentConfiguration, Equatable {
  /// How a miss is counted.
  public enum Loss: String, Sendable, CaseIterable, Codable { case mse, mae, huber }

  /// How a miss is counted.
  public var loss = Loss.mse
  /// Where Huber's loss turns from square to straight: in deviations of the targets, where they are standardised.
  public var delta = 1.0
  /// Whether the model learns the targets in units of their deviation, around their mean.
  public var standardise = TargetScaling.auto

  /// Mean squared error.
  public init() {}

  /// See the properties.
  public static let options = [
    Option("loss", "mean squared, mean absolute, or Huber's", Loss.self),
    Option(
      "delta", "where Huber's loss turns from square to straight, in deviations of standardised targets", .above(0)),
    Option(
      "standardise",
      "whether the model learns the targets minus their mean, divided by their deviation; metrics and predictions are in "
        + "their own units either way; auto: yes"),
  ]
}

/// Whether targets are standardised by the training part's mean and deviation.
public enum TargetScaling: Sendable, Equatable, SelfDescribing {
  /// What suits most: they are.
  case auto
  /// They are.
  case yes
  /// They are taken as they are.
  case no

  static let kind = ValueKind.either([.boolean, .choice(["auto"])])

  /// `auto`, or true or false.
  public init(from decoder: any Swift.Decoder) throws {
    let container = try decoder.singleValueContainer()
    self = (try? container.decode(Bool.self)).map { $0 ? .yes : .no } ?? .auto
  }

  /// `auto`, or true or false.
  public func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.singleValueContainer()
    if self == .auto { try container.encode("auto") } else { try container.encode(self == .yes) }
  }
}
