import CBLAS
import FusionCore

/// The two directions in which points vary most, by subspace iteration: the covariance, which may be large, is never
/// formed.
enum PrincipalPlane {
  /// Where the points lie in the plane, two values a point, `[N, 2]`; a second direction without any spread is zero.
  ///
  /// The largest component of each direction is positive, as in scikit-learn's PCA.
  static func coordinates(of table: DistanceTable, random: RandomStream, device: Device) -> [Float] {
    let (count, width) = (table.count, table.width)
    guard width > 1 else { return (0..<count).flatMap { [width == 1 ? table.points.base[$0] : 0, 0] } }
    let block = min(10, width)
    var basis = random.normal([width, block], device: device).scalars
    orthonormalise(&basis, block)
    var projected = [Float](repeating: 0, count: count * block)
    var (values, vectors) = ([Double](), [Double]())
    for round in 0..<200 {
      project(table, basis, block, into: &projected, device)
      let before = values
      (values, vectors) = eigen(gram(projected, block), block)
      let change =
        before.isEmpty ? .infinity : zip(before, values).prefix(2).map { abs($0 - $1) / max($1, 1e-300) }.max()!
      if round >= 5, change < 1e-6 { break }
      back(table, projected, block, into: &basis, device)
      orthonormalise(&basis, block)
    }
    // Directions within the subspace, then in the space of the points, whose signs they settle.
    var signs: [Double] = []
    for k in 0..<2 {
      var largest = 0.0
      for i in 0..<width {
        var value = 0.0
        for j in 0..<block { value += Double(basis[i * block + j]) * vectors[k * block + j] }
        if abs(value) > abs(largest) { largest = value }
      }
      signs.append(largest < 0 ? -1 : 1)
    }
    var result = [Float](repeating: 0, count: count * 2)
    for row in 0..<count {
      for k in 0..<2 where values[k] > 1e-12 * values[0] {
        var sum = 0.0
        for j in 0..<block { sum += Double(projected[row * block + j]) * vectors[k * block + j] }
        result[row * 2 + k] = Float(sum * signs[k])
      }
    }
    return result
  }

  /// X·Q: `[N, D]` times `[D, b]`.
  private static func project(
    _ table: DistanceTable, _ basis: [Float], _ block: Int, into output: inout [Float], _ device: Device
  ) {
    let (points, width) = (table.points, table.width)
    output.withUnsafeMutableBufferPointer { output in
      let output = output.baseAddress!
      device.forEachBlock(of: table.count, size: 512) { rows in
        MatrixLibrary.reserve()
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows.count), Int32(block), Int32(width), 1,
          points.base + rows.lowerBound * width, Int32(width), basis, Int32(block), 0, output + rows.lowerBound * block,
          Int32(block))
      }
    }
  }

  /// Xᵀ·Z: `[D, N]` times `[N, b]`.
  private static func back(
    _ table: DistanceTable, _ projected: [Float], _ block: Int, into output: inout [Float], _ device: Device
  ) {
    let (points, width) = (table.points, table.width)
    output.withUnsafeMutableBufferPointer { output in
      let output = output.baseAddress!
      device.forEachBlock(of: width, size: 128) { part in
        MatrixLibrary.reserve()
        cblas_sgemm(
          CblasRowMajor, CblasTrans, CblasNoTrans, Int32(part.count), Int32(block), Int32(table.count), 1,
          points.base + part.lowerBound, Int32(width), projected, Int32(block), 0, output + part.lowerBound * block,
          Int32(block))
      }
    }
  }

  /// Gram and Schmidt, twice; a direction that depends on those before it becomes zero.
  private static func orthonormalise(_ basis: inout [Float], _ block: Int) {
    let width = basis.count / block
    var columns = (0..<block).map { j in (0..<width).map { Double(basis[$0 * block + j]) } }
    func dot(_ a: [Double], _ b: [Double]) -> Double {
      var sum = 0.0
      for i in 0..<width { sum += a[i] * b[i] }
      return sum
    }
    for j in 0..<block {
      let length = dot(columns[j], columns[j]).squareRoot()
      for _ in 0..<2 {
        for k in 0..<j {
          let share = dot(columns[j], columns[k])
          for i in 0..<width { columns[j][i] -= share * columns[k][i] }
        }
      }
      let rest = dot(columns[j], columns[j]).squareRoot()
      let scale = rest > 1e-6 * length ? 1 / rest : 0
      for i in 0..<width {
        columns[j][i] *= scale
        basis[i * block + j] = Float(columns[j][i])
      }
    }
  }

  /// Zᵀ·Z, `[b, b]`.
  private static func gram(_ projected: [Float], _ block: Int) -> [Double] {
    var result = [Double](repeating: 0, count: block * block)
    for row in 0..<projected.count / block {
      for i in 0..<block {
        let value = Double(projected[row * block + i])
        for j in 0..<block { result[i * block + j] += value * Double(projected[row * block + j]) }
      }
    }
    return result
  }

  /// Eigenvalues of a symmetric matrix, the largest first, and its eigenvectors one after the other.
  private static func eigen(_ matrix: [Double], _ size: Int) -> (values: [Double], vectors: [Double]) {
    var (vectors, values) = (matrix, [Double](repeating: 0, count: size))
    var order = Int32(size)
    var workSize = Int32(1 + 6 * size + 2 * size * size)
    var integerWorkSize = Int32(3 + 5 * size)
    var work = [Double](repeating: 0, count: Int(workSize))
    var integerWork = [Int32](repeating: 0, count: Int(integerWorkSize))
    var status: Int32 = 0
    dsyevd_("V", "L", &order, &vectors, &order, &values, &work, &workSize, &integerWork, &integerWorkSize, &status)
    precondition(status == 0, "a symmetric matrix of finite numbers has eigenvalues")
    let descending = (0..<size).reversed()
    return (descending.map { max(0, values[$0]) }, descending.flatMap { vectors[$0 * size..<($0 + 1) * size] })
  }
}
