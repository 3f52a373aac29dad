extension Tensor {
  /// The matrix product, as PyTorch's `matmul`.
  ///
  /// Shapes: `[…, M, K]` times `[…, K, N]` is `[…, M, N]`, where the dimensions in front broadcast. A vector `[K]` on
  /// the left counts as one row, on the right as one column, and that dimension is dropped from the result.
  ///
  /// - Parameters:
  ///   - transposed: whether this tensor's last two dimensions are to be swapped first, at no cost.
  ///   - otherTransposed: the same for the other: `x.matmul(weight, otherTransposed: true)` is x·weightᵀ.
  public func matmul(_ other: Tensor, transposed: Bool = false, otherTransposed: Bool = false) -> Tensor {
    require(
      rank > 0 && other.rank > 0,
      "matmul: shapes \(shape) and \(other.shape), expected at least one dimension each")
    if rank == 1 {
      require(!transposed, "matmul: a vector of shape \(shape) cannot be transposed, expected a matrix")
      let product = unsqueezed(0).matmul(other, otherTransposed: otherTransposed)
      return product.squeezed(other.rank == 1 ? 0 : -2)
    }
    if other.rank == 1 {
      require(!otherTransposed, "matmul: a vector of shape \(other.shape) cannot be transposed, expected a matrix")
      return matmul(other.unsqueezed(1), transposed: transposed).squeezed(-1)
    }
    if rank > 2, other.rank == 2, !transposed {
      // One product of tall matrices instead of many small ones.
      let product = reshaped([-1, shape[rank - 1]]).product(other, false, otherTransposed)
      return product.reshaped(shape.dropLast() + [product.shape[1]])
    }
    return product(other, transposed, otherTransposed)
  }

  /// The products of all pairs of values of two vectors: `[M]` and `[N]` to `[M, N]`.
  public func outer(_ other: Tensor) -> Tensor {
    require(rank == 1 && other.rank == 1, "outer: shapes \(shape) and \(other.shape), expected two vectors")
    return unsqueezed(1) * other
  }

  private func product(_ other: Tensor, _ transposed: Bool, _ otherTransposed: Bool) -> Tensor {
    let (a, b) = (detached, other.detached)
    let output = MatrixProduct(a, b, transposed, otherTransposed).computed()
    let (aTracked, bTracked) = (isTracked, other.isTracked)
    return Tensor.recorded(
      "matmul", as: .matmul(transposed: transposed, otherTransposed: otherTransposed), inputs: [self, other],
      output: output
    ) { g in
      // C = AB: dA = dC·Bᵀ, dB = Aᵀ·dC, and transposed where A or B was.
      let aGradient =
        !aTracked
        ? nil
        : transposed ? b.product(g, otherTransposed, true) : g.product(b, false, !otherTransposed)
      let bGradient =
        !bTracked
        ? nil
        : otherTransposed ? g.product(a, true, transposed) : a.product(g, !transposed, false)
      return [aGradient?.sum(to: a.shape), bGradient?.sum(to: b.shape)]
    }
  }
}

/// One batch of matrix products, cut into pieces whose sizes follow from the shapes alone.
private struct MatrixProduct {
  let a: Tensor
  let b: Tensor
  let aTransposed: Bool
  let bTransposed: Bool
  let batch: Shape
  let m: Int
  let n: Int
  let k: Int

  init(_ a: Tensor, _ b: Tensor, _ aTransposed: Bool, _ bTransposed: Bool) {
    let (aRows, aColumns) =
      aTransposed ? (a.shape[a.rank - 1], a.shape[a.rank - 2]) : (a.shape[a.rank - 2], a.shape[a.rank - 1])
    let (bRows, bColumns) =
      bTransposed ? (b.shape[b.rank - 1], b.shape[b.rank - 2]) : (b.shape[b.rank - 2], b.shape[b.rank - 1])
    let shapes = "\(a.shape)\(aTransposed ? " transposed" : "") and \(b.shape)\(bTransposed ? " transposed" : "")"
    requireFitting(
      aColumns == bRows, [a, b],
      "matmul: shapes \(shapes) do not fit: the left has \(aColumns) columns, the right \(bRows) rows, expected as many"
    )
    guard let batch = broadcastShape(a.shape.dropLast(2), b.shape.dropLast(2)) else {
      stop("matmul: shapes \(shapes) do not fit: the dimensions before the last two have to be equal or 1")
    }
    (self.a, self.b, self.aTransposed, self.bTransposed, self.batch) = (a, b, aTransposed, bTransposed, batch)
    (m, n, k) = (aRows, bColumns, aColumns)
  }

  func computed() -> Tensor {
    Tensor(shape: batch + [m, n], device: a.device) { values in
      guard k > 0 else { return values.update(repeating: 0) }
      guard !values.isEmpty else { return }
      let matrices = batch.elementCount
      let (rows, columns) = pieceSize
      let (rowPieces, columnPieces) = ((m + rows - 1) / rows, (n + columns - 1) / columns)
      let pieces = rowPieces * columnPieces
      // Small products share a unit, so that handing out units costs little beside them.
      let perUnit = Swift.max(1, 262_144 / Swift.max(1, rows * columns * k))
      let aOffsets = offsets(of: a)
      let bOffsets = offsets(of: b)
      let out = values.baseAddress!
      a.device.forEachBlock(of: matrices * pieces, size: perUnit) { range in
        for unit in range {
          let (matrix, piece) = unit.quotientAndRemainder(dividingBy: pieces)
          let (i, j) = (piece / columnPieces * rows, piece % columnPieces * columns)
          let (part, other) = (i..<Swift.min(m, i + rows), j..<Swift.min(n, j + columns))
          let left = MatrixView(a.storage.base + aOffsets[matrix], aTransposed ? k : m, aTransposed ? m : k)
          let right = MatrixView(b.storage.base + bOffsets[matrix], bTransposed ? n : k, bTransposed ? k : n)
          MatrixView(out + matrix * m * n, m, n).rows(part).columns(other).assign(
            (aTransposed ? left.transposed : left).rows(part),
            times: (bTransposed ? right.transposed : right).columns(other), rows: a.device.rows)
        }
      }
    }
  }

  /// Halves the longer side until there are enough pieces for many threads, or they become too small: each piece packs
  /// its part of both inputs anew.
  private var pieceSize: (rows: Int, columns: Int) {
    var (rows, columns, pieces) = (m, n, 1)
    func half(_ length: Int) -> Int { (length / 2 + 7) / 8 * 8 }
    while pieces < 16, rows * columns * k > 1 << 19, Swift.max(rows, columns) > 64 {
      if rows >= columns { rows = half(rows) } else { columns = half(columns) }
      pieces *= 2
    }
    return (rows, columns)
  }

  private func offsets(of tensor: Tensor) -> [Int] {
    let size = tensor.shape[tensor.rank - 1] * tensor.shape[tensor.rank - 2]
    let strides = broadcastStrides(tensor.shape.dropLast(2), to: batch).map { $0 * size }
    var odometer = Odometer(sizes: batch, strides: (strides, strides))
    return (0..<batch.elementCount).map { _ in
      defer { odometer.advance() }
      return odometer.offsets.0
    }
  }
}
