import CBLAS
import FusionCore

/// The principal components of images, to blur them into what a few components hold.
struct ImagePCA {
  /// The mean of each pixel.
  let mean: [Double]
  /// The kept components, one after the other, of unit length.
  let components: [Double]
  /// How many are kept.
  let count: Int
  /// The share of the variance that they hold.
  let energy: Double

  /// How many components to keep.
  enum Choice {
    case components(Int)
    /// The fewest that hold this share of the variance.
    case energy(Double)
  }

  /// Fits the components of images `[N, …]`, by the eigenvectors of the covariance of their pixels.
  init(_ images: StoredArray, keeping choice: Choice) throws(DataError) {
    let width = images.sampleCount
    let total = images.count
    let block = 512
    var sums = [Double](repeating: 0, count: width)
    var products = [Double](repeating: 0, count: width * width)
    var rows = [Double](repeating: 0, count: block * width)
    MatrixLibrary.reserve()
    // Whole numbers up to 255: sums and sums of products are exact in double precision, in any order.
    for start in stride(from: 0, to: total, by: block) {
      let count = min(block, total - start)
      images.visit(start * width..<(start + count) * width) { rows[$0 - start * width] = $1 }
      for row in 0..<count { for i in 0..<width { sums[i] += rows[row * width + i] } }
      cblas_dsyrk(
        CblasRowMajor, CblasUpper, CblasTrans, blasint(width), blasint(count), 1, rows, blasint(width), 1, &products,
        blasint(width))
    }
    try images.store.checkSize()
    let mean = sums.map { $0 / Double(total) }
    for i in 0..<width {
      for j in i..<width { products[i * width + j] = products[i * width + j] / Double(total) - mean[i] * mean[j] }
    }
    // Row-major upper is column-major lower. Eigenvalues come in ascending order, eigenvectors one after the other.
    var size = Int32(width)
    var values = [Double](repeating: 0, count: width)
    var status: Int32 = 0
    var workSize: Int32 = -1
    var integerWorkSize: Int32 = -1
    var work: [Double] = [0]
    var integerWork: [Int32] = [0]
    for _ in 0..<2 {
      // The first call asks how much memory the second one needs.
      dsyevd_("V", "L", &size, &products, &size, &values, &work, &workSize, &integerWork, &integerWorkSize, &status)
      guard status == 0 else {
        throw DataError(images.source, "the principal components cannot be found (dsyevd: \(status))")
      }
      if workSize == -1 {
        (workSize, integerWorkSize) = (Int32(work[0]), integerWork[0])
        work = [Double](repeating: 0, count: Int(workSize))
        integerWork = [Int32](repeating: 0, count: Int(integerWorkSize))
      }
    }
    let descending = values.reversed().map { max(0, $0) }
    let variance = descending.reduce(0, +)
    var cumulative = 0.0
    let shares = descending.map { value -> Double in
      cumulative += value
      return variance > 0 ? cumulative / variance : 1
    }
    switch choice {
    case .components(let count): self.count = min(count, width)
    case .energy(let share): count = (shares.firstIndex { $0 >= share } ?? width - 1) + 1
    }
    self.mean = mean
    energy = shares[count - 1]
    components = (0..<count).flatMap { k in products[(width - 1 - k) * width..<(width - k) * width] }
  }

  /// Writes what the components hold of some images: mean plus projection, cut to 0 … 255 and rounded.
  func reconstruct(_ images: StoredArray, rows: Range<Int>, into output: UnsafeMutablePointer<UInt8>) {
    let width = mean.count
    var centred = [Double](repeating: 0, count: rows.count * width)
    let first = rows.lowerBound * width
    images.visit(first..<rows.upperBound * width) { place, value in
      centred[place - first] = value - mean[(place - first) % width]
    }
    let (n, w, k) = (blasint(rows.count), blasint(width), blasint(count))
    var weights = [Double](repeating: 0, count: rows.count * count)
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, k, w, 1, centred, w, components, w, 0, &weights, k)
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, w, k, 1, weights, k, components, w, 0, &centred, w)
    for i in 0..<rows.count * width {
      output[i] = UInt8(max(0, min(255, centred[i] + mean[i % width])).rounded(.toNearestOrEven))
    }
  }
}
