import TensorEngine
import Testing

@Test func dropoutKeepsTheRightShareAndScalesIt() {
  let device = Device(threads: 2)
  let count = 100_001
  let tape = Tape()
  var gradient: [Float] = []
  let x = tape.watch(Tensor(repeating: 2, shape: [count], device: device)) { gradient = $0.scalars }
  let y = x.dropout(0.2, random: RandomStream(seed: 5))
  tape.backward(from: y)
  let dropped = y.scalars.count { $0 == 0 }
  // Five standard deviations of a binomial around 20,000.
  #expect(abs(Double(dropped) - 0.2 * Double(count)) < 5 * (0.16 * Double(count)).squareRoot())
  #expect(Set(y.scalars) == [0, 2.5])
  let halves = y.scalars.map { $0 / 2 }
  #expect(gradient == halves)
}

@Test func dropoutDependsOnTheStreamAlone() {
  func drop(threads: Int, seed: UInt64) -> [Float] {
    Tensor(repeating: 1, shape: [4099], device: Device(threads: threads))
      .dropout(0.5, random: RandomStream(seed: seed)).scalars
  }
  #expect(drop(threads: 1, seed: 1) == drop(threads: 3, seed: 1))
  #expect(drop(threads: 1, seed: 1) != drop(threads: 1, seed: 2))
}

@Test func dropoutAtItsEnds() {
  let x = Tensor([1, 2, 3], shape: [3], device: Device())
  #expect(x.dropout(0, random: RandomStream(seed: 1)).scalars == [1, 2, 3])
  #expect(x.dropout(1, random: RandomStream(seed: 1)).scalars == [0, 0, 0])
}
