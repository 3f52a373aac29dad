import TensorEngine
import Testing

@Suite struct TapeTests {
  let device = Device()

  @Test func aLeafUsedTwiceReceivesBothGradients() {
    let tape = Tape()
    var received: [Float] = []
    let x = tape.watch(Tensor([1, 2], shape: [2], device: device)) { received = $0.scalars }
    tape.backward(from: x * x + x)
    #expect(received == [3, 5])
  }

  @Test func aSecondPassAddsUpInItsReceiver() {
    let value = Tensor([3], shape: [1], device: device)
    var total: Float = 0
    for _ in 0..<2 {
      let tape = Tape()
      let x = tape.watch(value) { total += $0.item }
      tape.backward(from: x.square())
    }
    #expect(total == 12)
  }

  @Test func aTapeThatIsRetainedIsPlayedBackForAnotherLoss() {
    let tape = Tape()
    var received: [[Float]] = []
    let x = tape.watch(Tensor([1, 2], shape: [2], device: device)) { received.append($0.scalars) }
    let square = x.square()
    let (sum, scaled) = (square.sum(), (square * 3).sum())
    tape.backward(from: scaled, retainGraph: true)
    tape.backward(from: sum, retainGraph: true)
    tape.backward(from: scaled)
    #expect(received == [[6, 12], [2, 4], [6, 12]])
  }

  @Test func nothingFlowsThroughADetachedTensor() {
    let tape = Tape()
    var received: [Float] = []
    let x = tape.watch(Tensor([2, 3], shape: [2], device: device)) { received = $0.scalars }
    let product = x * x.detached
    #expect(product.isTracked && !x.detached.isTracked)
    tape.backward(from: product)
    #expect(received == [2, 3])
  }

  @Test func aBranchThatTheOutputDoesNotNeedCostsNothing() {
    let tape = Tape()
    var calls: [String] = []
    let x = tape.watch(Tensor([2], shape: [1], device: device)) { _ in calls.append("x") }
    let y = tape.watch(Tensor([2], shape: [1], device: device)) { _ in calls.append("y") }
    _ = Tensor.recorded("unused", inputs: [y], output: y) { gradient in
      calls.append("pullback")
      return [gradient]
    }
    tape.backward(from: x + 1)
    #expect(calls == ["x"])
  }

  @Test func aConstantIsNotRecorded() {
    let x = Tensor([1, 2], shape: [2], device: device)
    #expect(!(x + x).exp().sum().isTracked)
    Tape().backward(from: x)
  }

  @Test func aSeedScalesTheGradient() {
    let tape = Tape()
    var received: [Float] = []
    let x = tape.watch(Tensor([1, 2], shape: [2], device: device)) { received = $0.scalars }
    tape.backward(from: -x, seed: Tensor([5, 7], shape: [2], device: device))
    #expect(received == [-5, -7])
  }

  @Test func gradientsCrossManyOperations() {
    // log softmax by hand, a deep chain that shares its input.
    let x = Tensor([0.5, -1, 2], shape: [1, 3], device: device)
    let seed = Tensor([1, -2, 0.5], shape: [1, 3], device: device)
    let (byHand, left) = gradients([x], seed: seed) { $0[0] - $0[0].exp().sum(axes: [1], keepDimensions: true).log() }
    let (fused, right) = gradients([x], seed: seed) { $0[0].logSoftmax() }
    expectClose(byHand.scalars, fused.scalars, tolerance: 1e-6, "values")
    expectClose(left[0]!.scalars, right[0]!.scalars, tolerance: 1e-6, "gradients")
  }
}
