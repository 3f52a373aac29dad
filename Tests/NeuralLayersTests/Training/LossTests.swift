import NeuralLayers
import TensorEngine
import Testing

private struct Case: Decodable {
  let name: String
  let shape: [Int]
  let inputs: [Double]
  let targets: [Double]
  let loss: Double
  let gradient: [Double]
  let weights: [Float]
  let parameter: Double

  /// The loss of `x` by the name of the case.
  func apply(_ x: Tensor) -> Tensor? {
    let weights = weights.isEmpty ? nil : weights
    let classes = targets.map { Int($0) }
    guard name != "crossEntropy" else { return x.crossEntropy(classes, weights: weights, labelSmoothing: parameter) }
    let targets = Tensor(targets.map { Float($0) }, shape: shape, device: x.device)
    return switch name {
    case "binaryCrossEntropy": x.binaryCrossEntropy(targets, positiveWeights: weights)
    case "meanSquaredError": x.meanSquaredError(targets)
    case "meanAbsoluteError": x.meanAbsoluteError(targets)
    case "huber": x.huberLoss(targets, delta: parameter)
    case "smoothAbsoluteError": x.smoothAbsoluteError(targets, beta: parameter)
    default: nil
    }
  }
}

/// A loss and the gradient of its input.
private func evaluate(_ x: Tensor, _ loss: (Tensor) -> Tensor) -> (value: Tensor, gradient: [Float]) {
  let tape = Tape()
  var gradient: [Float] = []
  let value = loss(tape.watch(x) { gradient = $0.scalars })
  tape.backward(from: value)
  return (value, gradient)
}

@Test func lossesAndTheirGradientsEqualPyTorchs() throws {
  for c in try fixture("losses", as: [Case].self) {
    let x = Tensor(c.inputs.map { Float($0) }, shape: c.shape, device: Device())
    let label = "\(c.name) \(c.parameter) \(c.weights) on \(c.inputs.prefix(3))"
    let result = evaluate(x) { c.apply($0)! }
    #expect(result.value.shape == [])
    #expect(error([result.value.item], [c.loss], scale: 1e-3) < 2e-6, "\(label)")
    #expect(error(result.gradient, c.gradient, scale: 0.05) < 2e-6, "\(label)")
    // Not recorded, the value is the same; used twice, the gradient is doubled.
    #expect(c.apply(x)!.item == result.value.item)
    let twice = evaluate(x) {
      let loss = c.apply($0)!
      return loss + loss
    }
    #expect(twice.gradient == result.gradient.map { $0 * 2 }, "\(label)")
  }
}

@Test func aLossThatIsNotANumberStaysVisible() {
  let x = Tensor([.nan, 1], shape: [1, 2], device: Device())
  #expect(x.crossEntropy([1]).item.isNaN)
  #expect(x.meanAbsoluteError(Tensor([0, 0], shape: [1, 2], device: Device())).item.isNaN)
  let ignored = Tensor([2, 1], shape: [1, 2], device: Device())
  #expect(ignored.crossEntropy([0], weights: [0, 1]).item.isNaN)
}

@Test func sumsRoundAlikeForAnyNumberOfThreads() {
  let results = [1, 2, 5].map { threads in
    let device = Device(threads: threads)
    let x = Tensor(noise(30_001, seed: 1), shape: [30_001], device: device)
    return evaluate(x) { $0.meanSquaredError(Tensor(noise(30_001, seed: 2), shape: [30_001], device: device)) }
  }
  for other in results.dropFirst() {
    #expect(other.value.item == results[0].value.item)
    #expect(other.gradient == results[0].gradient)
  }
}

@Test func targetsThatDoNotFitStop() async {
  await #expect(processExitsWith: .failure) {
    _ = Tensor([1, 2], shape: [1, 2], device: Device()).crossEntropy([2])
  }
  await #expect(processExitsWith: .failure) {
    let targets = Tensor([1, 2], shape: [2], device: Device())
    _ = Tensor([1, 2], shape: [1, 2], device: Device()).meanSquaredError(targets)
  }
}
