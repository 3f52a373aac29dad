import Foundation
import FusionConformance
import FusionConformanceTesting
import FusionCore
import Testing

private let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/scaffold").path

/// What `fusionkit plugin new sample` writes, compiled here as it stands; fusionkitTests compares the texts.
@Suite struct ScaffoldTests {
  static let samples: [any Component.Type] = [
    SampleFusion.self, SampleEncoder.self, SampleDecoder.self, SampleModality.self,
    SampleOptimizer.self, SampleSchedule.self, SampleObjective.self, SampleMetric.self, SampleDataset.self,
    SampleTransform.self, SampleCallback.self,
  ]

  @Test func scaffoldedPluginsKeepTheRules() {
    for sample in Self.samples { expectConformance(of: sample) }
  }

  @Test func scaffoldedPluginsComputeWhatPyTorchDoes() {
    for sample in Self.samples where sample.kind.isPartOfPipeline && sample.kind != .modality {
      expectFixture("\(fixtures)/sample_\(sample.kind.rawValue).json", of: sample)
    }
  }

  @Test func aFixtureTellsWhatDiffers() throws {
    let text = try String(contentsOfFile: "\(fixtures)/sample_fusion.json", encoding: .utf8)
    let folder = FileManager.default.temporaryDirectory.appending(path: "fixture-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func differences(_ old: String, _ new: String, from type: any Component.Type = SampleFusion.self) throws -> [String]
    {
      let file = folder.appending(path: "changed.json")
      #expect(text.contains(old))
      try text.replacing(old, with: new).write(to: file, atomically: true, encoding: .utf8)
      return try Fixture(contentsOf: file.path).differences(from: type)
    }
    #expect(
      try differences("1.8197534084320068", "1.9").first?.hasPrefix("small: output, value 0: got 1.81975") == true)
    #expect(try differences("1.8197534084320068", "1.8197534084320068") == [])
    #expect(try differences("projections.audio.bias", "projections.audio.offset").first?.contains("offset") == true)
    #expect(try differences("{\"width\": 2}", "{\"widht\": 2}").first?.contains("is refused") == true)
    #expect(try differences("{\"width\": 2}", "{\"width\": 3}").first?.contains("expected [2]") == true)
    #expect(try differences("\"sample\"", "\"other\"").first?.contains("not of the fusion 'sample'") == true)
    #expect(throws: (any Error).self) { try Fixture(contentsOf: folder.appending(path: "absent.json").path) }
  }
}

/// docs/conformance.md lists every check, as the code has it.
@Test func theDocumentListsEveryCheck() throws {
  let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/conformance.md")
  let text = try String(contentsOf: path, encoding: .utf8)
  let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
  #expect(rows == Check.all.map { "| `\($0.id)` | \($0.level.rawValue) | \($0.rule) | \($0.protects) |" })
}
