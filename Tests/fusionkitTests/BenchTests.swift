import Foundation
import Testing

/// Speed itself is never tested: only that what is printed can be laid beside the peer's lines.
@Suite struct BenchTests {
  static let keys = [
    "batch", "engine", "fusion", "infer_rounds", "infer_samples_per_s", "threads", "train_rounds",
    "train_samples_per_s",
  ]

  @Test(arguments: ["concat", "add", "multiply", "low_rank_tensor", "bimodal_interaction"])
  func oneLineOfJSONWithThePeersKeys(_ fusion: String) throws {
    let outcome = try Binary.run(
      ["bench", "--fusion", fusion, "--batch", "4", "--samples", "8", "--rounds", "2", "--threads", "1", "--json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.split(separator: "\n").count == 1)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(object.keys.sorted() == Self.keys)
    #expect((object["engine"] as? String)?.hasPrefix("fusionkit ") == true)
    #expect(object["fusion"] as? String == fusion)
    #expect((object["train_rounds"] as? [Double])?.count == 2)
    #expect((object["infer_rounds"] as? [Double])?.allSatisfy { $0 > 0 } == true)
  }

  @Test func aConfigurationIsMeasuredWithoutItsData() throws {
    let folder = Scratch()
    try folder.write("a.yaml", CheckTests.valid)
    let outcome = try Binary.run(
      ["bench", "a.yaml", "--batch", "4", "--samples", "8", "--rounds", "1"], in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("training"))
  }

  @Test func whereTheTimeGoesIsTold() throws {
    let outcome = try Binary.run(
      ["bench", "--batch", "4", "--samples", "8", "--rounds", "1", "--threads", "1", "--layers", "--json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let layers = try #require(object["layers"] as? [String: Any])
    let components = try #require(layers["components"] as? [[String: Any]])
    #expect(
      components.compactMap { $0["name"] as? String } == [
        "encoders.image", "encoders.audio", "fusion", "decoder", "loss", "optimizer",
      ])
    let convolutions = try #require(layers["convolutions"] as? [[String: Any]])
    #expect(
      convolutions.compactMap { $0["name"] as? String }
        == (0..<4).map { "encoders.image.convs.\($0)" } + ["encoders.image"]
        + (0..<6).map { "encoders.audio.convs.\($0)" } + ["encoders.audio"])
    // The input of the first layer needs no gradient.
    #expect(convolutions[0]["input_gradient_gflops"] == nil && convolutions[0]["weight_gradient_gflops"] != nil)
    #expect(convolutions[1]["input_gradient_gflops"] != nil)
    let parts = components.flatMap { [$0["forward_ms"] as? Double ?? .nan, $0["backward_ms"] as? Double ?? .nan] }
    let step = try #require(layers["step_ms"] as? Double)
    #expect(parts.reduce(0, +) <= step, "the parts cannot take longer than the step")
    #expect((layers["peak"] as? [String: Any])?["gflops"] as? Double ?? 0 > 0)
  }

  @Test func anUnknownFusionIsAnswered() throws {
    let outcome = try Binary.run(["bench", "--fusion", "concta"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.hasPrefix("error: unknown fusion 'concta': did you mean 'concat'?"))
  }
}
