import CBLAS

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

  /// Writes `scale · a · b + keep · self`, on the calling thread.
  func assign(_ a: MatrixView, times b: MatrixView, scale: Float = 1, keep: Float = 0) {
    precondition(
      !isTransposed && a.rows == rows && b.columns == columns && a.columns == b.rows,
      "matrix product: [\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)] into [\(rows), \(columns)]")
    guard rows > 0, columns > 0 else { return }
    cblas_sgemm(
      CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
      Int32(rows), Int32(columns), Int32(a.columns), scale, a.base, Int32(max(a.pitch, 1)), b.base,
      Int32(max(b.pitch, 1)), keep, base, Int32(max(pitch, 1)))
  }

  /// The same on all threads of `device`. The longer side of the result is cut into pieces that follow from the sizes
  /// alone; `prepare` runs on each piece before it is written, for example to fill in a bias that `keep` then keeps.
  func assign(
    _ a: MatrixView, times b: MatrixView, keep: Float = 0, on device: Device,
    prepare: (_ piece: MatrixView, _ firstColumn: Int) -> Void = { _, _ in }
  ) {
    let cutsRows = rows >= columns
    let length = cutsRows ? rows : columns
    // Half a million multiplications cost about as much as handing a piece to another thread ten times over.
    let pieces = max(1, min(16, length / 16, rows * columns * max(a.columns, 1) >> 19))
    let span = (length + pieces - 1) / pieces
    device.parallel(units: pieces) { piece in
      let range = min(piece * span, length)..<min((piece + 1) * span, length)
      let part = cutsRows ? rows(range) : columns(range)
      prepare(part, cutsRows ? 0 : range.lowerBound)
      part.assign(cutsRows ? a.rows(range) : a, times: cutsRows ? b : b.columns(range), keep: keep)
    }
  }
}
