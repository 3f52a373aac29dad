import FusionCore

/// The last two axes of a sample: rows and columns of an image, frequencies and frames of a spectrogram.
struct Planes {
  /// How many there are: the channels.
  let count: Int
  let rows: Int
  let columns: Int

  /// Nil for a shape of fewer than two axes.
  init?(_ shape: Shape) {
    guard shape.count >= 2 else { return nil }
    (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    count = shape.dropLast(2).reduce(1, *)
  }

  /// Calls `body` with the position of each value in a rectangle, in all channels.
  func forEach(rows: Range<Int>, columns: Range<Int>, _ body: (Int) -> Void) {
    for plane in 0..<count {
      for row in rows { for column in columns { body((plane * self.rows + row) * self.columns + column) } }
    }
  }

  /// What is wrong where a modality has no two axes.
  static func problems(_ name: String, _ inputs: [ModalityShape], needs: String) -> [Problem] {
    inputs.filter { Planes($0.shape) == nil }.map { input in
      Problem(
        "'\(name)' does not suit '\(input.modality)', whose samples have the shape \(input.shape)",
        hint: "it needs \(needs)")
    }
  }
}
