import Foundation
import Testing

/// `predict --json`: a line of JSON for each sample.
@Suite struct PredictJSONTests {
  private func lines(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test func aLineForEachSample() throws {
    let (run, data) = (try EvaluatePredictTests.trained.get(), try DemoData.folder())
    let outcome = try Binary.run(["predict", run, "--data", data, "--json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let samples = try lines(outcome.output)
    #expect(samples.map { $0["id"] as? String } == (0..<40).map { "\($0)" })
    let table = try Binary.run(["predict", run, "--data", data]).output.split(separator: "\n").dropFirst()
    #expect(table.map { $0.split(separator: ",")[1] } == samples.map { ($0["prediction"] as? String ?? "")[...] })
    let recorded = try String(contentsOfFile: run + "/predictions.csv", encoding: .utf8).split(separator: "\n")
      .dropFirst()
    #expect(recorded.map { $0.split(separator: ",")[1] } == samples.map { ($0["label"] as? String ?? "")[...] })
    for sample in samples {
      let probabilities = try #require(sample["probabilities"] as? [String: Double])
      #expect(Set(probabilities.keys) == Set((0...9).map { "\($0)" }))
      #expect(abs(probabilities.values.reduce(0, +) - 1) < 1e-6)
      #expect(probabilities.max { $0.value < $1.value }?.key == sample["prediction"] as? String)
      #expect(sample["logits"] == nil && sample["values"] == nil)
    }
  }

  @Test func oneSampleIsThatOfTheFolder() throws {
    let (run, data) = (try EvaluatePredictTests.trained.get(), try DemoData.folder())
    let all = try Binary.run(["predict", run, "--data", data, "--json", "--logits"]).output.split(separator: "\n")
    let one = try Binary.run(["predict", run, "--data", data, "--json", "--logits", "--index", "7"])
    let (alone, among) = (try lines(one.output)[0], try lines(String(all[7]))[0])
    for key in ["id", "label", "prediction"] { #expect(alone[key] as? String == among[key] as? String, "\(key)") }
    let (logits, others) = (alone["logits"] as? [String: Double], among["logits"] as? [String: Double])
    #expect(logits?.count == 10)
    // A batch of one sample adds up in another order.
    for (name, logit) in try #require(logits) { #expect(abs(logit - (others?[name] ?? .nan)) < 1e-5, "\(name)") }
  }

  @Test func theValuesOfARegression() throws {
    let folder = Scratch()
    try VectorData.write(to: folder, epochs: 1, more: "task: {type: regression}")
    try folder.write("y.npy", NpyFile.floats((0..<60).map { Float($0) / 7 }, [60, 1]))
    let trained = try Binary.run(["train", "tiny.yaml", "--output", "./run"], in: folder.path)
    try #require(trained.status == 0, "\(trained.errors)")
    let outcome = try Binary.run(["predict", "run", "--data", ".", "--json"], in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    for sample in try lines(outcome.output) {
      #expect((sample["values"] as? [Double])?.count == 1)
      #expect(sample["prediction"] == nil && sample["probabilities"] == nil)
    }
  }
}
