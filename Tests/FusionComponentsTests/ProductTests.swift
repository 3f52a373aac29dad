import FusionComponents
import FusionCore
import Testing

/// What fusions are made of, against the formulas written out.
@Suite struct ProductTests {
  private let device = Device()

  private func context(_ store: ParameterStore) -> BuildContext { BuildContext(store: store, device: device, seed: 3) }

  private func random(_ shape: Shape, _ name: String) -> Tensor {
    RandomStream(seed: 5).derived(name).normal(shape, device: device)
  }

  private func expectClose(_ a: Tensor, _ b: Tensor) {
    #expect(a.shape == b.shape)
    for (x, y) in zip(a.scalars, b.scalars) { #expect(abs(x - y) <= 1e-4 * max(1, abs(y)), "\(x), expected \(y)") }
  }

  @Test func aMatrixInteractionIsItsFormula() throws {
    let store = ParameterStore()
    let interaction = MatrixInteraction(first: 4, second: 3, width: 5, context: context(store))
    let (x1, x2) = (random([6, 4], "x1"), random([6, 3], "x2"))
    let (W, V, U, b) = (
      interaction.mapWeight.value, interaction.mapBias.value, interaction.weight.value, interaction.bias.value
    )
    let expected = Tensor.einsum("ni,ijd,nj->nd", x1, W, x2) + x2.matmul(V) + x1.matmul(U) + b
    expectClose(interaction(x1, x2) { $0.value }, expected)
  }

  @Test(arguments: [1, 4])
  func aFactorizedProductSumsItsRanks(_ rank: Int) throws {
    let store = ParameterStore()
    let product = FactorizedProduct(("a", "b"), (4, 3), width: 5, rank: rank, context: context(store))
    let (x1, x2) = (random([6, 4], "x1"), random([6, 3], "x2"))
    func linear(_ name: String, _ x: Tensor) throws -> Tensor {
      x.linear(
        try #require(store["\(name).weight"]).value, bias: try #require(store["\(name).bias"]).value)
    }
    // The ranks of one value lie side by side.
    let terms = try (linear("a", x1) * linear("b", x2)).reshaped([6, 5, rank])
    expectClose(product(x1, x2, .evaluation(device: device)), terms.sum(axes: [2]))
  }

  @Test func anOuterProductHoldsEveryPair() {
    let (a, b) = (random([2, 3], "a"), random([2, 4], "b"))
    expectClose(a.outerProduct(b), Tensor.einsum("ni,nj->nij", a, b).reshaped([2, 12]))
  }

  @Test func modalitiesOfOneWidthPassThrough() {
    let store = ParameterStore()
    let shapes = [ModalityShape("a", [4]), ModalityShape("b", [2, 2])]
    let common = CommonWidth(shapes, asked: nil, context: context(store))
    let features = Features([("a", random([3, 4], "a")), ("b", random([3, 2, 2], "b"))])
    #expect(store.parameters.isEmpty)
    #expect(common(features, .evaluation(device: device)).map(\.scalars) == features.vectors.map(\.scalars))
  }

  @Test func theLargestWidthIsTaken() {
    let store = ParameterStore()
    let shapes = [ModalityShape("a", [4]), ModalityShape("b", [7])]
    _ = CommonWidth(shapes, asked: nil, context: context(store))
    #expect(store["projections.a.weight"]?.value.shape == [7, 4])
    #expect(store["projections.b.weight"]?.value.shape == [7, 7])
  }
}

/// What is refused, in words for whoever configures it.
@Suite struct RefusalTests {
  private func issues(_ body: @escaping (BuildContext) -> Void) -> [ShapePass.Issue] {
    ShapePass.run {
      body(BuildContext(store: ParameterStore(), device: .abstract(log: OperationLog()), seed: 0))
    }.pass.issues
  }

  @Test func vectorsAreNoTokens() {
    let found = issues {
      _ = TokenEmbedding(
        [ModalityShape("image", [4]), ModalityShape("audio", [3, 4]), ModalityShape("text", [])], of: "mine", width: 8,
        positions: .learned, context: $0)
    }
    #expect(found.count == 1 && found[0].key == "type" && found[0].isOwn)
    #expect(
      found.first?.message
        == "the fusion 'mine' takes tokens [T, D] of every modality; the features of 'image' have the "
        + "shape [4], those of 'text' []")
  }

  @Test func sequencesHaveTwoDimensionsOrThree() {
    let found = ShapePass.run {
      let context = BuildContext(store: ParameterStore(), device: .abstract(log: OperationLog()), seed: 0)
      return [[5, 3], [2, 3, 5]].map { SequenceInput.shape($0, context: context) }
    }
    #expect(found.pass.issues.isEmpty && found.result == [[5, 3], [5, 6]])
    #expect(issues { _ = SequenceInput.shape([7], context: $0) }.map(\.isOwn) == [true])
  }

  @Test func aMeanBesideStandardisingIsRefused() {
    #expect(issues { _ = FeatureValues.standardise.words(mean: 1, deviation: 1, context: $0) }.map(\.key) == ["mean"])
    #expect(issues { _ = FeatureValues.standardise.words(mean: 0, deviation: 2, context: $0) }.map(\.key) == ["std"])
    #expect(issues { _ = FeatureValues.auto.words(mean: 1, deviation: 2, context: $0) }.isEmpty)
  }
}
