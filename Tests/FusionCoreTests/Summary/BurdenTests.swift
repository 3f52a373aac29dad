import FusionCore
import Testing

/// What is told of before a costly run.
@Suite struct BurdenTests {
  private func summary(_ name: String, _ body: (inout ModelSummary) -> Void) -> ModelSummary {
    var summary = ModelSummary()
    summary.scope(name) { body(&$0) }
    return summary
  }

  @Test func anOuterProductAndWhatReadsItAreToldOf() {
    var summary = summary("fusion") { $0.layer("", "outer product", output: [274_625], flops: 274_625) }
    summary.scope("decoder") {
      $0.layer("layers.0", "linear 274625 → 100", output: [100], parameters: 27_462_600, flops: 54_925_000)
    }
    let burdens = summary.burdens(batchSize: 40)
    #expect(burdens.count == 2)
    // 274,625 values of 4 bytes, 40 times; 27,462,600 of 4 bytes.
    #expect(burdens.first == "fusion (outer product) is large: 274,625 values a sample, 44 MB a batch of 40")
    #expect(
      burdens.last?.hasPrefix("decoder.layers.0 (linear 274625 → 100) is large: 27,462,600 parameters, 110 MB ") == true
    )
  }

  @Test func operationsAreToldOf() {
    let heavy = summary("fusion") { $0.layer("core", "core", output: [8], flops: 1_500_000_000) }
    #expect(heavy.burdens(batchSize: 1) == ["fusion.core (core) is large: 1,500 million operations a sample"])
  }

  @Test func theOrdinaryIsPassedOver() {
    // Just below every limit; and an encoder, which is large on purpose.
    let small = summary("fusion") {
      $0.layer("a", "a", output: [99_999], parameters: 9_999_999, flops: 999_999_999)
      $0.layer("b", "b", output: [])
    }
    #expect(small.burdens(batchSize: 4096) == [])
    let encoder = summary("encoders") { $0.layer("image.convs.0", "conv", output: [64, 224, 224], flops: 1 << 40) }
    #expect(encoder.burdens(batchSize: 40) == [])
  }
}
