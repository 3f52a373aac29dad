import Foundation
import Testing

@Suite struct ListDescribeTests {
  /// One or two of each kind that everybody looks for, by the name of a configuration.
  static let familiar = [
    "fusion": ["concat", "tensor_fusion"], "encoder": ["lenet", "mlp"], "decoder": ["linear"], "optimizer": ["adam"],
    "schedule": ["cosine"], "modality": ["image"], "dataset": ["avmnist"], "objective": ["info_nce", "task"],
    "transform": ["gaussian_noise"], "callback": ["jsonl_logger"], "metric": ["accuracy"],
  ]

  /// The folders below `Plugins/<kind>`, one for each component.
  private func folders(of plural: String) throws -> [String] {
    let path = "\(Binary.package)/Plugins/\(plural.capitalized)"
    return try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.contains(".") }
  }

  private func json(_ arguments: [String]) throws -> Any {
    let outcome = try Binary.run(arguments + ["--json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
  }

  @Test func listNamesEverything() throws {
    let rows = try #require(try json(["list"]) as? [[String: Any]])
    let plurals = ["modality": "modalities"]
    for (kind, names) in Self.familiar {
      let found = rows.filter { $0["kind"] as? String == kind }.compactMap { $0["name"] as? String }
      #expect(Set(names).isSubset(of: found) && found == found.sorted(), "\(kind): \(found)")
      // The standard metrics are no plugins.
      guard kind != "metric" else { continue }
      #expect(found.count == (try folders(of: plurals[kind] ?? kind + "s")).count, "\(kind): \(found)")
    }
    #expect(Set(rows.compactMap { $0["kind"] as? String }) == Set(Self.familiar.keys))
    for row in rows { #expect((row["summary"] as? String)?.isEmpty == false) }
    let table = try Binary.run(["list"]).output
    for name in rows.compactMap({ $0["name"] as? String }) { #expect(table.contains("\n  \(name) "), "\(name)") }
  }

  @Test(arguments: [("fusion", "fusions"), ("modality", "modalities"), ("dataset", "datasets"), ("metric", "metrics")])
  func singularAndPluralMeanTheSame(_ singular: String, _ plural: String) throws {
    let outcome = try Binary.run(["list", singular])
    #expect(outcome.status == 0)
    #expect(outcome.output == (try Binary.run(["list", plural]).output))
    #expect(outcome.output.hasPrefix(plural + "\n"))
  }

  @Test func aPluginIsDescribedWithItsDefaults() throws {
    try expectGolden(try Binary.run(["describe", "low_rank_tensor"]).output, "describe-low_rank_tensor")
    try expectGolden(try Binary.run(["describe", "bimodal_interaction"]).output, "describe-bimodal_interaction")
    try expectGolden(try Binary.run(["describe", "identity"]).output, "describe-identity")
    try expectGolden(try Binary.run(["describe", "conv"]).output, "describe-conv")
    try expectGolden(try Binary.run(["describe", "transformer"]).output, "describe-transformer")
    try expectGolden(try Binary.run(["describe", "gru"]).output, "describe-gru")
    try expectGolden(try Binary.run(["describe", "brier_score"]).output, "describe-brier_score")
  }

  @Test func aliasesAreUnderstood() throws {
    #expect(try Binary.run(["describe", "late"]).output == (try Binary.run(["describe", "concat"]).output))
  }

  @Test func aNameOfSeveralKindsShowsAll() throws {
    let both = try #require(try json(["describe", "mlp"]) as? [[String: Any]])
    #expect(both.compactMap { $0["kind"] as? String } == ["encoder", "decoder"])
    let one = try #require(try json(["describe", "mlp", "--kind", "decoder"]) as? [[String: Any]])
    #expect(one.compactMap { $0["kind"] as? String } == ["decoder"])
  }

  @Test func anUnknownNameIsAnsweredWithTheNearest() throws {
    let outcome = try Binary.run(["describe", "low_rank_tenser"])
    #expect(outcome.status == 2)
    try expectGolden(outcome.errors, "describe-unknown")
    #expect(try Binary.run(["describe", "concat", "--kind", "encoder"]).status == 2)
    #expect(try Binary.run(["describe", "concat", "--set", "seed=1"]).status == 2)
  }

  @Test func aPipelineIsShownLayerByLayer() throws {
    let outcome = try Binary.run(["describe", "configs/late_fusion.yaml"])
    #expect(outcome.status == 0)
    try expectGolden(outcome.output, "describe-late_fusion")
  }

  /// Counted with PyTorch in the peer's script: `sum(p.numel() for p in Pipeline(fusion).parameters())`.
  @Test(arguments: [
    ("late_fusion", 260_922), ("add_fusion", 258_810), ("multiply_fusion", 258_810),
    ("low_rank_tensor_fusion", 1_410_682), ("bimodal_interaction_fusion", 2_530_602),
  ])
  func parametersAreAsManyAsPyTorchs(_ config: String, _ count: Int) throws {
    let description = try #require(try json(["describe", "configs/\(config).yaml"]) as? [String: Any])
    #expect(description["parameters"] as? Int == count)
    let layers = try #require(description["layers"] as? [[String: Any]])
    #expect(layers.compactMap { $0["parameters"] as? Int }.reduce(0, +) == count)
  }
}
