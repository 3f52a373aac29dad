import TensorEngine
import Testing

/// Every operation, as listed in the files `…Cases.swift`, against PyTorch and against central differences.
@Suite struct OperationTests {
  static let cases = arithmeticCases + functionCases + reductionCases + productCases + shapeCases

  @Test(arguments: cases)
  func agreesWithPyTorch(_ operation: OperationCase) throws {
    let fixture = try #require(Fixture.all[operation.name], "no fixture of this name: run make_tensors.py")
    let device = Device()
    let inputs = fixture.inputs.map { $0.tensor(on: device) }
    let (output, gradients) = gradients(inputs, seed: fixture.gradient.tensor(on: device), of: operation.apply)
    #expect(output.shape == fixture.output.shape)
    expectClose(output.scalars, fixture.output.values, tolerance: 2e-6, "output")
    for (index, (actual, expected)) in zip(gradients, fixture.gradients).enumerated() {
      let none = [Float](repeating: 0, count: inputs[index].count)
      expectClose(
        actual?.scalars ?? none, expected?.values ?? none, tolerance: 5e-6, "gradient of input \(index)")
    }
  }

  @Test(arguments: cases.filter(\.isSmooth))
  func agreesWithCentralDifferences(_ operation: OperationCase) throws {
    let fixture = try #require(Fixture.all[operation.name])
    let device = Device()
    expectGradientsMatchCentralDifferences(
      fixture.inputs.map { $0.tensor(on: device) }, seed: fixture.gradient.tensor(on: device), of: operation.apply)
  }

  @Test func everyFixtureHasOneCase() {
    #expect(Self.cases.map(\.name).sorted() == Fixture.all.keys.sorted())
  }
}
