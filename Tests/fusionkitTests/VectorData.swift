import Foundation

/// Two modalities of a few numbers, three classes: trained in no time.
enum VectorData {
  /// Writes the arrays and `tiny.yaml` into a folder.
  static func write(to folder: Scratch, epochs: Int = 2, more: String = "") throws {
    let labels = (0..<60).map { $0 % 3 }
    // Any numbers that tell the classes apart a little.
    func values(_ width: Int, _ sign: Float) -> [Float] {
      labels.indices.flatMap { row in
        (0..<width).map { sin(Float(row * 7 + $0 * 13)) + sign * Float(labels[row]) }
      }
    }
    try folder.write("a.npy", NpyFile.floats(values(5, 1), [60, 5]))
    try folder.write("b.npy", NpyFile.floats(values(4, -1), [60, 4]))
    try folder.write("y.npy", NpyFile.integers(labels))
    try folder.write(
      "tiny.yaml",
      """
      name: tiny
      seed: 1
      data:
        {dataset: arrays, root: ., files: {a: a.npy, b: b.npy, targets: y.npy}, test_fraction: 0.25, validation: 0.2}
      modalities:
        a: {type: vector, values: raw, encoder: {type: mlp, hidden: [6], width: 6}}
        b: {type: vector, values: raw, encoder: {type: mlp, hidden: [6], width: 6}}
      fusion: {type: concat}
      decoder: {type: linear}
      training: {epochs: \(epochs), batch_size: 16, checkpoint_every: 200, optimizer: {type: sgd, learning_rate: 0.05}}
      \(more)
      """)
  }
}
