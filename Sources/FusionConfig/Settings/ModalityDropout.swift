import FusionCore

/// How often a modality is taken from a sample in training: one probability for all, or one by name.
public enum ModalityDropout: Sendable, Equatable, SelfDescribing {
  /// The same for every modality; 0: never.
  case all(Double)
  /// By the name of the modality; never for those that are not named.
  case each([String: Double])

  static let kind = ValueKind.either([.number, .dictionary(.number)])

  /// The probability for a modality.
  public func probability(_ modality: String) -> Double {
    switch self {
    case .all(let probability): probability
    case .each(let probabilities): probabilities[modality] ?? 0
    }
  }

  /// Whether anything is ever dropped.
  public var isOn: Bool {
    switch self {
    case .all(let probability): probability > 0
    case .each(let probabilities): probabilities.values.contains { $0 > 0 }
    }
  }

  /// A number, or a map of numbers.
  public init(from decoder: any Swift.Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let probability = try? container.decode(Double.self) {
      self = .all(probability)
    } else {
      self = .each(try container.decode([String: Double].self))
    }
  }

  /// A number, or a map of numbers.
  public func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .all(let probability): try container.encode(probability)
    case .each(let probabilities): try container.encode(probabilities)
    }
  }
}

/// What stands beside a fusion's own keys.
public struct FusionPartSettings: ComponentConfiguration, Equatable {
  /// What is done where a sample lacks a modality.
  public var missing = MissingModalityChoice.own

  /// What the fusion declares.
  public init() {}

  /// See the properties.
  public static let options = [
    Option(
      "missing", "what takes the place of a missing modality; own: what the fusion declares",
      MissingModalityChoice.self)
  ]
}
