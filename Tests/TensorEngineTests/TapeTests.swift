import Testing
import TensorEngine

@Test func aLeafUsedTwiceReceivesBothGradients() {
  let tape = Tape()
  var received: [Float] = []
  let x = tape.watch(Tensor([1, 2], shape: [2], device: Device())) { received = $0.scalars }
  tape.backward(from: x + x)
  #expect(received == [2, 2])
}

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
