import CFusionKernels
import Foundation
import NeuralLayers
import Testing

/// Matrix products, softmax and layer norm of rows against sums in double precision, for every instruction set.
@Suite struct RowProductTests {
  struct Case: Sendable, CustomStringConvertible {
    let (rows, columns, depth): (Int, Int, Int)
    let aTransposed, bTransposed, keep, bias: Bool
    var description: String {
      "[\(rows), \(depth)]\(aTransposed ? "ᵀ" : "") · [\(depth), \(columns)]\(bTransposed ? "ᵀ" : "")"
        + "\(keep ? ", kept" : "")\(bias ? ", bias" : "")"
    }
  }

  static let cases = [
    (1, 1, 1), (5, 7, 3), (6, 16, 8), (7, 17, 9), (12, 24, 256), (13, 9, 257), (97, 49, 16), (100, 33, 600),
  ]
  .flatMap { rows, columns, depth in
    [(false, true), (true, false), (false, false), (true, true)].enumerated().map { index, transposed in
      Case(
        rows: rows, columns: columns, depth: depth, aTransposed: transposed.0, bTransposed: transposed.1,
        keep: index == 1, bias: index == 0)
    }
  }

  @Test(arguments: cases, InstructionSet.available)
  func productIsTheSumOfProducts(_ c: Case, _ instructions: InstructionSet) throws {
    let kernels = try rowTable(instructions)
    let a = noise(c.rows * c.depth)
    let b = noise(c.depth * c.columns, from: 77)
    let bias = noise(c.columns, from: 5)
    let pitch = c.columns + 3  // what lies between rows stays as it is
    let before = noise(c.rows * pitch, from: 999)
    let (aRow, aColumn) = c.aTransposed ? (1, c.rows) : (c.depth, 1)
    let (bRow, bColumn) = c.bTransposed ? (1, c.depth) : (c.columns, 1)
    var packed = [Float](repeating: .nan, count: c.depth * ((c.columns + 15) / 16 * 16))
    kernels.pack(b, bRow, bColumn, c.depth, 0, c.columns, &packed)

    // All rows at once, and the first half by itself; with the right side packed before, and as it lies.
    for (rows, isPacked) in [(c.rows, true), ((c.rows + 1) / 2, true), (c.rows, false)] {
      var result = before
      a.withUnsafeBufferPointer { a in
        (isPacked ? packed : b).withUnsafeBufferPointer { b in
          bias.withUnsafeBufferPointer { bias in
            result.withUnsafeMutableBufferPointer { result in
              var product = fk_product(
                a: a.baseAddress, a_row: aRow, a_column: aColumn, b: b.baseAddress,
                b_row: isPacked ? 0 : bRow, b_column: isPacked ? 0 : bColumn, bias: c.bias ? bias.baseAddress : nil,
                c: result.baseAddress, c_row: pitch, rows: rows,
                columns: c.columns, depth: c.depth, scale: 0.5, keep: c.keep ? 1 : 0)
              kernels.multiply(&product)
            }
          }
        }
      }
      for i in 0..<c.rows {
        for j in 0..<pitch {
          let place = i * pitch + j
          guard i < rows, j < c.columns else {
            #expect(result[place] == before[place])
            continue
          }
          let sum = (0..<c.depth).reduce(0.0) {
            $0 + Double(a[i * aRow + $1 * aColumn]) * Double(b[$1 * bRow + j * bColumn])
          }
          let start = c.keep ? Double(before[place]) : c.bias ? Double(bias[j]) : 0
          #expect(abs(Double(result[place]) - 0.5 * sum - start) < 1e-6 * (1 + Double(c.depth) * 0.1))
        }
      }
    }
  }

  @Test(arguments: [1, 7, 8, 9, 49, 64], InstructionSet.available)
  func softmaxOfARowAndItsGradient(_ count: Int, _ instructions: InstructionSet) throws {
    let kernels = try rowTable(instructions)
    let (x, dy) = (noise(count).map { 5 * $0 }, noise(count, from: 31))
    var (y, dx) = (x, dy)
    kernels.softmax(x, count, &y)
    kernels.softmax_gradient(y, dy, count, &dx)
    let total = x.reduce(0.0) { $0 + exp(Double($1)) }
    let expected = x.map { exp(Double($0)) / total }
    let mean = zip(expected, dy).reduce(0.0) { $0 + $1.0 * Double($1.1) }
    for i in 0..<count {
      #expect(abs(Double(y[i]) - expected[i]) < 5e-7)
      #expect(abs(Double(dx[i]) - expected[i] * (Double(dy[i]) - mean)) < 5e-7)
    }
  }

  @Test(arguments: [1, 7, 8, 9, 49, 64], InstructionSet.available)
  func layerNormOfRowsAndItsGradient(_ width: Int, _ instructions: InstructionSet) throws {
    let kernels = try rowTable(instructions)
    let rows = 3
    let (x, dy) = (noise(rows * width), noise(rows * width, from: 31))
    let (weight, bias) = (noise(width, from: 7), noise(width, from: 13))
    var (means, inverses) = ([Float](repeating: 0, count: rows), [Float](repeating: 0, count: rows))
    var (y, dx, dw) = (x, x, [Float](repeating: 0, count: width))
    weight.withUnsafeBufferPointer { weight in
      bias.withUnsafeBufferPointer { bias in
        var norm = fk_norm(
          width: width, epsilon: 0.01, centres: 1, weight: weight.baseAddress, bias: bias.baseAddress)
        kernels.normalize(&norm, x, rows, &means, &inverses, &y)
        kernels.normalize_gradient(&norm, x, dy, rows, means, inverses, &dx, &dw)
      }
    }
    var expectedWeight = [Double](repeating: 0, count: width)
    for row in 0..<rows {
      let own = x[row * width..<(row + 1) * width].map { Double($0) }
      let mean = own.reduce(0, +) / Double(width)
      let deviation = (own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width) + 0.01).squareRoot()
      let z = own.map { ($0 - mean) / deviation }
      let g = (0..<width).map { Double(dy[row * width + $0]) * Double(weight[$0]) }
      let (constant, slope) = (g.reduce(0, +) / Double(width), zip(g, z).reduce(0) { $0 + $1.0 * $1.1 } / Double(width))
      for i in 0..<width {
        #expect(abs(Double(y[row * width + i]) - z[i] * Double(weight[i]) - Double(bias[i])) < 2e-6)
        #expect(abs(Double(dx[row * width + i]) - (g[i] - constant - z[i] * slope) / deviation) < 1e-5)
        expectedWeight[i] += Double(dy[row * width + i]) * z[i]
      }
    }
    for i in 0..<width { #expect(abs(Double(dw[i]) - expectedWeight[i]) < 5e-6) }
  }
}
