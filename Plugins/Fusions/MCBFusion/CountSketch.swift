import FusionCore

/// A hash and a sign for every value of a modality (Charikar et al. 2002). Buffers: `hash` and `sign`, `[inputs]`.
struct CountSketch {
  private let hash, sign: Parameter

  /// Draws whole hashes below `width`, and signs of ±1, from the stream of the buffers' names.
  init(inputs: Int, width: Int, context: BuildContext) {
    hash = context.buffer("hash", [inputs], .uniform(lower: 0, upper: Double(width)))
    sign = context.buffer("sign", [inputs], .uniform(lower: -1, upper: 1))
    hash.write { hashes in for i in 0..<inputs { hashes[i] = min(hashes[i].rounded(.down), Float(width - 1)) } }
    sign.write { signs in for i in 0..<inputs { signs[i] = signs[i] < 0 ? -1 : 1 } }
  }

  /// For each value its place and its sign. A place that a foreign file sets out of range counts round.
  private func places(_ width: Int) -> [(place: Int, sign: Float)] {
    zip(hash.value.storage.values, sign.value.storage.values).map { value, sign in
      let whole = Int(exactly: value.rounded(.down)) ?? 0
      return ((whole % width + width) % width, sign)
    }
  }

  /// The same as what an exported model does: the values of an outer product, with their signs, added at their places.
  private func scattered(_ x1: Tensor, with other: CountSketch, _ x2: Tensor, width: Int) -> Tensor {
    let (batch, rows, columns) = (x1.shape[0], places(width), other.places(width))
    let targets = rows.flatMap { row in columns.map { (row.place + $0.place) % width } }
    let signs = Tensor(
      rows.flatMap { row in columns.map { row.sign * $0.sign } }, shape: [targets.count], device: x1.device)
    return Tensor.zeros([batch, width], device: x1.device).scatterAdded(
      (0..<batch).flatMap { _ in targets }, x1.outerProduct(x2) * signs, axis: 1)
  }

  /// The circular convolution of two count sketches: `[N, d_1]` and `[N, d_2]` to `[N, width]`.
  func convolved(_ x1: Tensor, with other: CountSketch, _ x2: Tensor, width: Int) -> Tensor {
    let (batch, first, second) = (x1.shape[0], x1.shape[1], x2.shape[1])
    let isAbstract = x1.device.isAbstract
    let (rows, columns) = isAbstract ? ([], []) : (places(width), other.places(width))
    let (a, b) = (x1.detached, x2.detached)
    let output = Tensor(shape: [batch, width], device: x1.device) { z in
      z.update(repeating: 0)
      for n in 0..<batch {
        for (i, row) in rows.enumerated() {
          let value = row.sign * a.storage.base[n * first + i]
          for (j, column) in columns.enumerated() {
            let sum = row.place + column.place
            z[n * width + (sum < width ? sum : sum - width)] += value * column.sign * b.storage.base[n * second + j]
          }
        }
      }
    }
    return Tensor.recorded(
      "countSketch", inputs: [x1, x2], output: output, flops: 2 * batch * first * second,
      expansion: { scattered(x1, with: other, x2, width: width) }
    ) { gradient in
      let (da, db) = (Storage(count: a.count), Storage(count: b.count))
      da.values.update(repeating: 0)
      db.values.update(repeating: 0)
      for n in 0..<batch {
        for (i, row) in rows.enumerated() {
          for (j, column) in columns.enumerated() {
            let sum = row.place + column.place
            let slope =
              row.sign * column.sign * gradient.storage.base[n * width + (sum < width ? sum : sum - width)]
            da.base[n * first + i] += slope * b.storage.base[n * second + j]
            db.base[n * second + j] += slope * a.storage.base[n * first + i]
          }
        }
      }
      return [
        Tensor(shape: a.shape, storage: da, device: a.device), Tensor(shape: b.shape, storage: db, device: b.device),
      ]
    }
  }
}
