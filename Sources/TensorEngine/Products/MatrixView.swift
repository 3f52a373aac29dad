import CBLAS
import CFusionKernels

/// A matrix that lies in somebody's storage: `rows` rows of `columns` values, one row every `pitch` values.
///
/// It owns nothing; whoever makes one keeps the storage alive.
struct MatrixView {
  let base: UnsafeMutablePointer<Float>
  let rows: Int
  let columns: Int
  let pitch: Int
  /// Whether the rows in memory are to be read as columns; `rows` and `columns` describe the result.
  private(set) var isTransposed = false

  /// Rows side by side unless `pitch` says otherwise.
  init(_ base: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int, pitch: Int? = nil) {
    self.init(base, rows, columns, pitch ?? columns, false)
  }

  private init(_ base: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int, _ pitch: Int, _ transposed: Bool) {
    (self.base, self.rows, self.columns, self.pitch, isTransposed) = (base, rows, columns, pitch, transposed)
  }

  /// The same memory with rows and columns exchanged.
  var transposed: MatrixView { MatrixView(base, columns, rows, pitch, !isTransposed) }

  /// Some of the rows.
  func rows(_ range: Range<Int>) -> MatrixView {
    MatrixView(base + range.lowerBound * (isTransposed ? 1 : pitch), range.count, columns, pitch, isTransposed)
  }

  /// Some of the columns.
  func columns(_ range: Range<Int>) -> MatrixView { transposed.rows(range).transposed }

  /// How far apart neighbours of a column and of a row lie.
  private var steps: (row: Int, column: Int) { isTransposed ? (1, pitch) : (pitch, 1) }

  /// Writes `scale · a · b + keep · self`, on the calling thread; `keep` is 0 or 1.
  ///
  /// - Parameter rows: the kernels, which take tall products of small matrices; without them all go to the library.
  func assign(_ a: MatrixView, times b: MatrixView, scale: Float = 1, keep: Float = 0, rows kernels: fk_rows? = nil) {
    checkShapes(a, b)
    guard rows > 0, columns > 0 else { return }
    if let kernels, suits(kernels, depth: a.columns) {
      guard !hasFewRows else { return assign(a, panelsOf: b, scale: scale, keep: keep != 0, kernels) }
      return withUnsafeTemporaryAllocation(of: Float.self, capacity: b.packedCount) { packed in
        b.pack(into: packed.baseAddress!, b.columns, kernels)
        assign(a, packed: packed.baseAddress!, scale: scale, keep: keep != 0, kernels)
      }
    }
    fk_reserve_products()
    cblas_sgemm(
      CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
      Int32(rows), Int32(columns), Int32(a.columns), scale, a.base, Int32(max(a.pitch, 1)), b.base,
      Int32(max(b.pitch, 1)), keep, base, Int32(max(pitch, 1)))
  }

  /// Writes `a · b` and a bias for every column on all threads of `device`. The longer side of the result is cut into
  /// pieces that follow from the sizes alone; `finish` runs on each piece when it is written.
  func assign(
    _ a: MatrixView, times b: MatrixView, bias: UnsafePointer<Float>? = nil, on device: Device,
    finish: (_ piece: MatrixView) -> Void = { _ in }
  ) {
    checkShapes(a, b)
    let kernels = device.rows
    guard suits(kernels, depth: a.columns) else {
      return forEachPiece(a.columns, on: device) { piece, _, rows, columns in
        if let bias {
          for row in 0..<piece.rows {
            (piece.base + row * piece.pitch).update(from: bias + columns.lowerBound, count: piece.columns)
          }
        }
        piece.assign(a.rows(rows), times: b.columns(columns), keep: bias == nil ? 0 : 1)
        finish(piece)
      }
    }
    if hasFewRows && rows < columns {
      return forEachPiece(a.columns, on: device) { piece, firstColumn, _, columns in
        piece.assign(a, panelsOf: b.columns(columns), bias: bias.map { $0 + firstColumn }, kernels)
        finish(piece)
      }
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: b.packedCount) { memory in
      let packed = memory.baseAddress!
      device.parallel(count: (b.columns + 15) / 16, cost: b.rows * 4) { panels in
        guard !panels.isEmpty else { return }
        b.pack(into: packed, from: panels.lowerBound * 16, min(b.columns, panels.upperBound * 16), kernels)
      }
      forEachPiece(a.columns, on: device) { piece, columnStart, rows, _ in
        piece.assign(
          a.rows(rows), packed: packed + columnStart * a.columns, bias: bias.map { $0 + columnStart }, kernels)
        finish(piece)
      }
    }
  }

  /// The pieces that threads take, with the rows and columns of the whole that they are.
  private func forEachPiece(
    _ depth: Int, on device: Device,
    _ body: (_ piece: MatrixView, _ firstColumn: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Void
  ) {
    let cutsRows = rows >= columns
    let length = cutsRows ? rows : columns
    // Half a million multiplications cost about as much as handing a piece to another thread ten times over.
    let pieces = max(1, min(16, length / 16, (rows * columns * max(depth, 1)) >> 19))
    // Whole tiles of 6 rows and panels of 16 columns.
    let unit = cutsRows ? 6 : 16
    let span = max(unit, ((length + pieces - 1) / pieces + unit - 1) / unit * unit)
    device.parallel(units: (length + span - 1) / span) { piece in
      let range = piece * span..<min((piece + 1) * span, length)
      let part = cutsRows ? rows(range) : columns(range)
      body(part, cutsRows ? 0 : range.lowerBound, cutsRows ? range : 0..<rows, cutsRows ? 0..<columns : range)
    }
  }

  private func checkShapes(_ a: MatrixView, _ b: MatrixView) {
    precondition(
      !isTransposed && a.rows == rows && b.columns == columns && a.columns == b.rows,
      "matrix product: [\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)] into [\(rows), \(columns)]")
  }

  /// A few rows do not pay for packing; of large matrices that many rows see the library keeps more in cache.
  private func suits(_ kernels: fk_rows, depth: Int) -> Bool {
    kernels.fast_products != 0 && rows >= 12 && columns >= 4 && depth > 0 && (hasFewRows || columns * depth <= 1 << 20)
  }

  /// So few that a panel of the right side serves all of them in one go: it is packed when its turn comes.
  private var hasFewRows: Bool { rows <= 96 }

  private var packedCount: Int { rows * ((columns + 15) & ~15) }

  private func pack(into packed: UnsafeMutablePointer<Float>, from: Int = 0, _ end: Int, _ kernels: fk_rows) {
    kernels.pack(base, steps.row, steps.column, rows, from, end, packed)
  }

  private func assign(
    _ a: MatrixView, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil, scale: Float = 1,
    keep: Bool = false, _ kernels: fk_rows
  ) {
    multiply(a, packed, (0, 0), bias, scale, keep, kernels)
  }

  private func assign(
    _ a: MatrixView, panelsOf b: MatrixView, bias: UnsafePointer<Float>? = nil, scale: Float = 1, keep: Bool = false,
    _ kernels: fk_rows
  ) {
    multiply(a, b.base, b.steps, bias, scale, keep, kernels)
  }

  private func multiply(
    _ a: MatrixView, _ b: UnsafePointer<Float>, _ bSteps: (row: Int, column: Int), _ bias: UnsafePointer<Float>?,
    _ scale: Float, _ keep: Bool, _ kernels: fk_rows
  ) {
    var product = fk_product(
      a: a.base, a_row: a.steps.row, a_column: a.steps.column, b: b, b_row: bSteps.row, b_column: bSteps.column,
      bias: bias, c: base, c_row: pitch, rows: rows, columns: columns, depth: a.columns, scale: scale,
      keep: keep ? 1 : 0)
    kernels.multiply(&product)
  }
}
