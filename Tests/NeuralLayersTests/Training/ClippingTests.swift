import NeuralLayers
import TensorEngine
import Testing

private struct Fixture: Decodable {
  struct Case: Decodable {
    let kind: String
    let limit: Double
    let norm: Double
    let clipped: [[Double]]
  }
  let gradients: [[Float]]
  let cases: [Case]
}

@Test func clippedGradientsEqualPyTorchs() throws {
  let f = try fixture("clipping", as: Fixture.self)
  for c in f.cases {
    let p = f.gradients.map { parameter("p", $0.map { _ in 0 }, gradient: $0) }
    if c.kind == "norm" {
      #expect(abs(p.clipGradients(norm: c.limit) - c.norm) < 1e-6 * c.norm)
    } else {
      p.clipGradients(value: c.limit)
    }
    for (parameter, expected) in zip(p, c.clipped) {
      #expect(error(parameter.gradient!.scalars, expected, scale: 1e-2) < 1e-6, "\(c.kind) \(c.limit)")
    }
  }
}

@Test func gradientsThatAreNotNumbersStayVisible() {
  let p = parameter("a", [0, 0], gradient: [.nan, 1])
  #expect([p].clipGradients(norm: 1).isNaN)
  #expect(p.gradient!.scalars.allSatisfy { $0.isNaN })
  p.gradient = Tensor([.nan, 9], shape: [2], device: Device())
  [p].clipGradients(value: 1)
  #expect(p.gradient!.scalars[0].isNaN)
  #expect(p.gradient!.scalars[1] == 1)
}

@Test func clippingOneGradientLeavesAnotherThatSharesItsValues() {
  let shared = Tensor([3, 4], shape: [2], device: Device())
  let (a, b) = (parameter("a", [0, 0]), parameter("b", [0, 0]))
  (a.gradient, b.gradient) = (shared, shared)
  [a].clipGradients(norm: 1)
  #expect(b.gradient!.scalars == [3, 4])
  #expect([Parameter]().clipGradients(norm: 1) == 0)
}
