import TensorEngine
import Testing

/// Sizes and values at the edge of what operations take.
@Suite struct EdgeTests {
  let device = Device()

  @Test func emptyTensorsPass() {
    let empty = Tensor.zeros([0, 3], device: device)
    #expect((empty + 1).exp().shape == [0, 3])
    #expect(empty.sum().item == 0)
    #expect(empty.sum(axes: [0]).scalars == [0, 0, 0])
    #expect(empty.product().item == 1)
    #expect(empty.mean().item.isNaN)
    #expect(empty.matmul(Tensor.ones([3, 2], device: device)).shape == [0, 2])
    #expect(empty.matmul(empty, transposed: true).scalars == [Float](repeating: 0, count: 9))
    #expect(empty.softmax().shape == [0, 3])
    #expect(empty.transposed().shape == [3, 0])
    #expect(empty.sliced(1..<1, axis: 1).shape == [0, 0])
    #expect(Tensor.concatenated([empty, Tensor.ones([1, 3], device: device)]).scalars == [1, 1, 1])
    #expect(Tensor.einsum("ij,jk->ik", empty, Tensor.ones([3, 2], device: device)).shape == [0, 2])
    #expect(empty.selected([], axis: 0).shape == [0, 3])
    #expect(empty.argmax() == [])
  }

  @Test func nothingIsLostInLongSums() {
    // Added one by one in single precision, ones vanish beside 2²⁴.
    let x = Tensor([16_777_216] + [Float](repeating: 1, count: 40_000), shape: [40_001, 1], device: device)
    #expect(x.sum().item == 16_817_216)
    #expect(x.broadcast(to: [40_001, 2]).sum(axes: [0]).scalars == [16_817_216, 16_817_216])
    #expect((x * 0 + 0.1).variance().item == 0)
  }

  @Test func notANumberIsNeverHidden() {
    let x = Tensor([1, .nan, -3], shape: [3], device: device)
    #expect(x.max().item.isNaN && x.min().item.isNaN && x.sum().item.isNaN && x.logSumExp().item.isNaN)
    #expect(x.relu().scalars[1].isNaN && x.clamp(0, 1).scalars[1].isNaN)
    #expect(Tensor.maximum(x, x.constantLike(0)).scalars[1].isNaN)
    #expect(Tensor.minimum(x.constantLike(0), x).scalars[1].isNaN)
    #expect(x.softmax().scalars.allSatisfy { $0.isNaN })
    #expect(x.argmax() == [1])
  }

  @Test func infinitiesStayWhatTheyAre() {
    let x = Tensor([-.infinity, -.infinity, .infinity, 1], shape: [2, 2], device: device)
    #expect(x.logSumExp(axes: [1]).scalars == [-.infinity, .infinity])
    #expect(x.max(axes: [1]).scalars == [-.infinity, .infinity])
    // A masked score gets no attention.
    #expect(Tensor([0, -.infinity], shape: [2], device: device).softmax().scalars == [1, 0])
  }

  @Test func creationMatchesItsFormula() {
    #expect(Tensor.arange(3, device: device).scalars == [0, 1, 2])
    #expect(Tensor.arange(1, 0, step: -0.25, device: device).scalars == [1, 0.75, 0.5, 0.25])
    #expect(Tensor.eye(2, device: device).scalars == [1, 0, 0, 1])
    #expect(Tensor.oneHot([1], classes: 2, device: device).shape == [1, 2])
  }

  @Test func chunksOfAnUnevenAxisEndSmaller() {
    let x = Tensor.arange(7, device: device)
    #expect(x.chunked(3).map(\.count) == [3, 3, 1])
    #expect(x.chunked(4).map(\.count) == [2, 2, 2, 1])
    #expect(x.chunked(5).map(\.count) == [2, 2, 2, 1])
  }
}

extension Tensor {
  fileprivate func constantLike(_ value: Float) -> Tensor { Tensor(repeating: value, shape: shape, device: device) }
}
