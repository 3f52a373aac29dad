import TensorEngine
import Testing

@Test(arguments: FixtureCase.load("embedding"))
func embeddingEqualsPyTorch(_ fixture: FixtureCase) {
  check(fixture) {
    let padding = $0.options["padding"].map { Int($0) }
    return ["output": $0["table"].embedding($0.ints("indices")!, shape: $0["indices"].shape, padding: padding)]
  }
}

@Test func embeddingStopsAtAnIndexOutsideTheTable() async {
  let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
    _ = Tensor(repeating: 1, shape: [4, 2], device: Device()).embedding([0, 4])
  }
  let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(message.contains("embedding: the index 4 is not in the table of shape [4, 2], expected 0 to 3"), "\(message)")
}
