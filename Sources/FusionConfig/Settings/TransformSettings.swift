import FusionCore

/// The transforms of an experiment: what training does to samples before the pipeline sees them.
public struct TransformSettings: Sendable {
  /// `modalities.<name>.transforms`, by modality in the order of the configuration.
  public var modalities: [(name: String, transforms: [ConfiguredTransform])] = []
  /// `data.transforms`: of all modalities at once, after those of each.
  public var all: [ConfiguredTransform] = []

  /// None.
  public init() {}

  /// Whether there are none: samples are trained on as they are.
  public var isEmpty: Bool { modalities.allSatisfy { $0.transforms.isEmpty } && all.isEmpty }

  /// Each with its place in the configuration and the modality that it is for; nil: all at once.
  public var placed: [(path: [String], modality: String?, transform: ConfiguredTransform)] {
    modalities.flatMap { entry in
      entry.transforms.enumerated().map { (["modalities", entry.name, "transforms", "\($0)"], entry.name, $1) }
    } + all.enumerated().map { (["data", "transforms", "\($0)"], nil, $1) }
  }

  /// The transforms of a modality.
  func of(_ modality: String) -> [ConfiguredTransform] {
    modalities.first { $0.name == modality }?.transforms ?? []
  }
}

extension [ConfiguredTransform] {
  /// The key `transforms`, written where there are some: runs of older versions stay runs of this configuration.
  var entries: [ConfigValue.Entry] {
    isEmpty ? [] : [.init(TransformSettings.key, .list(map(\.component.configValue)))]
  }
}

extension TransformSettings {
  /// The key of the lists.
  static let key = "transforms"
  /// What it means.
  static let summary = "changes of the samples in training, in order, drawn anew for each sample and epoch"
}
