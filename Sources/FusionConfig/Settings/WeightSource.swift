import FusionCore

/// Where weights come from that training starts from in the place of freshly drawn ones: an entry of
/// `training.initialise_from`.
public struct WeightSource: Sendable {
  /// What the configuration calls what is filled: `encoders.image`, `encoders`, `fusion`, `model`.
  public let key: String
  /// The parts that are filled, in the order of the pipeline; nil: the whole model.
  public let parts: [PipelinePart]?
  /// The folder of a run, or a safetensors file: relative to the current directory, as the paths of data are.
  public let path: String
  /// The keys that lead to the entry from `training.initialise_from`.
  let steps: [String]

  /// The keys that lead to the entry in the configuration.
  public var place: [String] { ["training", Self.section] + steps }

  /// The key of all entries in `training`.
  static let section = "initialise_from"
  /// The key that stands for the whole model.
  static let model = "model"
}

extension WeightSource: Equatable {
  /// Whether both fill the same from the same.
  public static func == (a: WeightSource, b: WeightSource) -> Bool {
    (a.key, a.parts, a.path) == (b.key, b.parts, b.path)
  }
}

extension [WeightSource] {
  /// By the names of what is filled.
  var configValue: ConfigValue { .map(map { .init($0.key, .string($0.path)) }) }
}
