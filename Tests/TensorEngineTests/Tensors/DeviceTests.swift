import TensorEngine
import Testing

@Suite struct DeviceTests {
  @Test func everyUnitRunsOnceForAnyNumberOfThreads() {
    for threads in 1...4 {
      let device = Device(threads: threads)
      for units in [0, 1, 2, 7, 1000] {
        var counts = [Int32](repeating: 0, count: units)
        counts.withUnsafeMutableBufferPointer { counts in
          let base = counts.baseAddress
          device.parallel(units: units) { base![$0] += 1 }
        }
        #expect(counts.allSatisfy { $0 == 1 })
      }
    }
  }

  /// Operations on sizes that are cut into several units, with ragged ends.
  static let large: [OperationCase] = [
    OperationCase("exp of a sum") { ($0[0] + $0[1]).exp() },
    OperationCase("channels") { $0[0] * $0[1].sliced(0..<1, axis: 0).reshaped([1, 301]) },
    OperationCase("softmax") { $0[0].softmax() },
    OperationCase("softmax along the first axis") { $0[0].logSoftmax(axis: 0) },
    OperationCase("sum of all") { $0[0].sum() },
    OperationCase("sum of rows") { ($0[0] * $0[1]).sum(axes: [0]) },
    OperationCase("deviation") { $0[0].standardDeviation(axes: [1]) },
    OperationCase("max") { $0[0].max(axes: [0]) },
    OperationCase("matmul") { $0[0].matmul($0[1], otherTransposed: true) },
    OperationCase("matmul wide") { $0[0].matmul($0[1], transposed: true) },
    OperationCase("batched matmul") { $0[0].reshaped([43, 7, 301]).matmul($0[1].reshaped([43, 301, 7])) },
    OperationCase("einsum") { Tensor.einsum("ij,kj,k->i", $0[0], $0[1], $0[1].selected(0, axis: 1)) },
    OperationCase("transposed") { $0[0].transposed() },
    OperationCase("concatenated") { Tensor.concatenated($0, axis: 1) },
    OperationCase("running sum") { $0[0].cumulativeSum(axis: 0) },
  ]

  @Test(arguments: large)
  func theNumberOfThreadsChangesNoBit(_ operation: OperationCase) {
    let results = (1...3).map { threads -> [[UInt32]] in
      let device = Device(threads: threads)
      let random = RandomStream(seed: 1)
      let inputs = (0..<2).map { random.derived($0).normal([301, 301], device: device) }
      let shape = operation.apply(inputs).shape
      let (output, gradients) = gradients(
        inputs, seed: random.derived("seed").normal(shape, device: device), of: operation.apply)
      return ([output] + gradients.compactMap { $0 }).map { $0.scalars.map(\.bitPattern) }
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }
}
