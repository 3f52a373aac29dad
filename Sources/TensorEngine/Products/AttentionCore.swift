import CFusionKernels

/// Where the queries, keys or values of all samples and heads lie in a tensor: a matrix for each, one row a token.
///
/// Heads may stand apart, `[N, H, T, D]`, or side by side in the rows of one projection, `[N, T, H·D]`: neither has to be
/// rearranged for the matrix products.
struct Heads {
  /// Which of the operation's inputs it is.
  var input = 0
  var offset = 0
  var sampleStride: Int
  var headStride: Int
  var rowStride: Int

  func matrix(_ storage: Storage, _ sample: Int, _ head: Int, _ rows: Int, _ columns: Int) -> MatrixView {
    MatrixView(storage.base + offset + sample * sampleStride + head * headStride, rows, columns, pitch: rowStride)
  }
}

/// A mask made ready: where the values for each sample and head begin, and how they broadcast.
struct PreparedMask {
  typealias Kind = Operation.Attention.Mask
  let kind: Kind
  let storage: Storage
  let shape: Shape
  let offsets: [Int]
  let rowStride: Int
  let columnStride: Int

  /// A mask that broadcasts to `target`, `[…, T, S]`.
  init(_ kind: Kind, _ mask: Tensor, target: Shape, _ operation: StaticString) {
    let missing = target.count - mask.rank
    let sizes = [Int](repeating: 1, count: max(missing, 0)) + mask.shape
    require(
      missing >= 0 && zip(sizes, target).allSatisfy { $0 == 1 || $0 == $1 },
      "\(operation): the mask has shape \(mask.shape); expected one that broadcasts to \(target)")
    var strides = [Int](repeating: 0, count: sizes.count)
    var step = 1
    for axis in sizes.indices.reversed() {
      strides[axis] = sizes[axis] == 1 ? 0 : step
      step *= sizes[axis]
    }
    var offsets = [0]
    for (size, stride) in zip(target, strides).dropLast(2) {
      offsets = offsets.flatMap { offset in (0..<size).map { offset + $0 * stride } }
    }
    (self.kind, storage, shape, self.offsets) = (kind, mask.storage, mask.shape, offsets)
    (rowStride, columnStride) = (strides[strides.count - 2], strides[strides.count - 1])
  }

  func apply(to row: UnsafeMutablePointer<Float>, unit: Int, query: Int, keys: Int) {
    let mask = storage.base + offsets[unit] + query * rowStride
    switch kind {
    case .additive: for key in 0..<keys { row[key] += mask[key * columnStride] }
    case .allowed: for key in 0..<keys where mask[key * columnStride] == 0 { row[key] = -.infinity }
    case .ignored: for key in 0..<keys where mask[key * columnStride] != 0 { row[key] = -.infinity }
    }
  }
}

/// Scaled dot-product attention over all samples and heads, each computed whole by one thread.
struct AttentionCore {
  var samples: Int
  var heads: Int
  var queries: Int
  var keys: Int
  var depth: Int
  var valueDepth: Int
  var masks: [PreparedMask]
  var isCausal: Bool
  var scale: Float
  /// What each weight is multiplied with, if there is dropout.
  var dropoutMask: Storage?

  var weightCount: Int { samples * heads * queries * keys }

  /// weights = softmax(scale · Q Kᵀ + masks), output = dropout(weights) · V. A query that may look at nothing gets zeros.
  func forward(
    _ q: Heads, _ k: Heads, _ v: Heads, _ inputs: [Storage], weights: Storage, output: Heads, into out: Storage,
    on device: Device
  ) {
    forEachUnit(on: device, scratch: dropoutMask == nil ? 0 : 1) { unit, sample, head, scratch in
      let own = weights.base + unit * queries * keys
      MatrixView(own, queries, keys).assign(
        q.matrix(inputs[q.input], sample, head, queries, depth),
        times: k.matrix(inputs[k.input], sample, head, keys, depth).transposed, scale: scale, rows: device.rows)
      for query in 0..<queries { softmax(own + query * keys, unit, query, device.rows) }
      let kept = dropped(own, unit, into: scratch)
      output.matrix(out, sample, head, queries, valueDepth)
        .assign(
          MatrixView(kept, queries, keys), times: v.matrix(inputs[v.input], sample, head, keys, valueDepth),
          rows: device.rows)
    }
  }

  /// The gradients of queries, keys and values, written to `gradients` by input; those of the scores to `scores`.
  func backward(
    _ gradient: Storage, output: Heads, _ q: Heads, _ k: Heads, _ v: Heads, _ inputs: [Storage], weights: Storage,
    into gradients: [Storage], scores: Storage?, on device: Device
  ) {
    forEachUnit(on: device, scratch: dropoutMask == nil ? 1 : 2) { unit, sample, head, scratch in
      let (own, size) = (weights.base + unit * queries * keys, queries * keys)
      let dy = output.matrix(gradient, sample, head, queries, valueDepth)
      let kept = dropped(own, unit, into: scratch + size)
      v.matrix(gradients[v.input], sample, head, keys, valueDepth)
        .assign(MatrixView(kept, queries, keys).transposed, times: dy, rows: device.rows)
      let ds = MatrixView(scratch, queries, keys)
      ds.assign(dy, times: v.matrix(inputs[v.input], sample, head, keys, valueDepth).transposed, rows: device.rows)
      if let mask = dropoutMask { for i in 0..<size { scratch[i] *= mask.base[unit * size + i] } }
      // Softmax: ds = p · (dp − Σ dp·p), row by row.
      for query in 0..<queries {
        let row = scratch + query * keys
        device.rows.softmax_gradient(own + query * keys, row, keys, row)
      }
      if let scores { (scores.base + unit * size).update(from: scratch, count: size) }
      q.matrix(gradients[q.input], sample, head, queries, depth)
        .assign(ds, times: k.matrix(inputs[k.input], sample, head, keys, depth), scale: scale, rows: device.rows)
      k.matrix(gradients[k.input], sample, head, keys, depth)
        .assign(
          ds.transposed, times: q.matrix(inputs[q.input], sample, head, queries, depth), scale: scale, rows: device.rows
        )
    }
  }

  private func softmax(_ row: UnsafeMutablePointer<Float>, _ unit: Int, _ query: Int, _ rows: fk_rows) {
    let seen = isCausal ? min(query + 1, keys) : keys
    (row + seen).update(repeating: 0, count: keys - seen)
    guard seen > 0 else { return }
    for mask in masks { mask.apply(to: row, unit: unit, query: query, keys: seen) }
    let largest = rows.largest(row, seen)
    guard largest != -.infinity else { return row.update(repeating: 0, count: seen) }
    let inverse = 1 / rows.exponentials(row, largest, seen, row)
    for key in 0..<seen { row[key] *= inverse }
  }

  /// The weights after dropout, in `scratch`; the weights themselves where there is none.
  private func dropped(
    _ weights: UnsafeMutablePointer<Float>, _ unit: Int, into scratch: UnsafeMutablePointer<Float>
  ) -> UnsafeMutablePointer<Float> {
    guard let mask = dropoutMask else { return weights }
    let size = queries * keys
    for i in 0..<size { scratch[i] = weights[i] * mask.base[unit * size + i] }
    return scratch
  }

  private func forEachUnit(
    on device: Device, scratch matrices: Int,
    _ body: (_ unit: Int, _ sample: Int, _ head: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    device.parallel(count: samples * heads, cost: queries * keys * (depth + valueDepth)) { range in
      let scratch = UnsafeMutablePointer<Float>.allocate(capacity: max(1, matrices * queries * keys))
      defer { scratch.deallocate() }
      for unit in range { body(unit, unit / heads, unit % heads, scratch) }
    }
  }
}
