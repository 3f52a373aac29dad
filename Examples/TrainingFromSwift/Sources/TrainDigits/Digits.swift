import AllPlugins
import FusionConfig

/// The experiment: written and spoken digits, one encoder each, concatenated.
enum Digits {
  /// The YAML that a file would hold. What changes from call to call is laid over it: see `experiment(data:)`.
  private static let configuration = """
    name: digits
    seed: 2020
    data: {dataset: avmnist, validation: 0.1}
    modalities:
      image: {type: image, encoder: {type: lenet, channels: 6, blocks: 4}}
      audio: {type: spectrogram, encoder: {type: lenet, channels: 6, blocks: 6}}
    fusion: {type: concat}
    decoder: {type: mlp, hidden: [100], dropout: 0.1}
    task: {type: classification}
    training:
      epochs: 3
      batch_size: 40
      optimizer: {type: sgd, learning_rate: 0.05, weight_decay: 1e-4}
    """

  /// Reads and checks the configuration as `fusionkit train` does a file.
  ///
  /// - Throws: `ConfigError` with everything that is wrong, each at its line and column.
  static func experiment(data: String, overrides: [String], registry: Registry) throws -> Experiment {
    try .load(
      text: configuration, name: "digits.yaml",
      overrides: [Experiment.override("data.root", text: data)] + overrides, registry: registry)
  }
}
