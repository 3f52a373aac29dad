import Foundation
import Testing

/// A small generated data set, made once by the binary itself, and configurations over it.
enum DemoData {
  private static let path = Scratch.shared / "demo"
  private static let made = Result {
    try Binary.run(["data", "demo", "--out", path, "--train", "200", "--test", "40"])
  }

  /// The folder; made at first use.
  static func folder() throws -> String {
    let outcome = try made.get()
    try #require(outcome.status == 0, "\(outcome.errors)")
    return path
  }

  /// A configuration with tiny encoders over the generated digits.
  static func config(epochs: Int = 1, fusion: String = "{type: concat}", more: String = "") throws -> String {
    """
    name: tiny
    seed: 3
    data: {dataset: avmnist, root: \(try folder()), validation: 0.2}
    modalities:
      image: {type: image, encoder: {type: lenet, channels: 2, blocks: 2}}
      audio: {type: spectrogram, encoder: {type: mlp, hidden: [8], width: 6}}
    fusion: \(fusion)
    decoder: {type: mlp, hidden: [12], dropout: 0.1}
    task: {type: classification}
    training:
      epochs: \(epochs)
      batch_size: 20
      optimizer: {type: sgd, learning_rate: 0.05, momentum: 0.9}
    \(more)
    """
  }
}
