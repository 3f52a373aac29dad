import AllPlugins
import Foundation
import FusionConfig
import Testing

/// What a plugin's README tells to get the numbers of another package is what that package's fixture was computed with.
@Suite struct ReferenceReadmeTests {
  private static let cases = FixtureFile("fusions/references.json").cases(Reference.self)
    .filter { $0.name.hasSuffix(", as released") && $0.fusion != "concat" }

  /// A case, its options as words.
  struct Reference: Decodable, Sendable, CustomTestStringConvertible {
    let name, fusion: String
    let configuration: [String: Value]
    var testDescription: String { fusion }
  }

  /// A word or a switch; sizes are the reader's own, and nil here.
  struct Value: Decodable, Sendable {
    let word: String?
    init(from decoder: any Swift.Decoder) throws {
      let container = try decoder.singleValueContainer()
      let text = try? container.decode(String.self)
      word = text ?? (try? container.decode(Bool.self)).map { $0 ? "true" : "false" }
    }
  }

  @Test func theFixturesAreThere() {
    let asked: Set = ["mutan", "deep_sets", "block", "attention_sum", "mlb", "mfb", "mfh"]
    #expect(asked.subtracting(Self.cases.map { $0.fusion }) == [])
  }

  @Test(arguments: cases) func theReadmeNamesTheOptionsOfTheFixture(_ reference: Reference) throws {
    let entry = try Registry.allPlugins().find(.fusion, reference.fusion)
    let plugin = entry.origin
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../Plugins/Fusions/\(plugin)/README.md")
    let sections = try String(contentsOf: path, encoding: .utf8).components(separatedBy: "\n## The numbers of ")
    try #require(sections.count == 2)
    let line = try #require(
      sections[1].split(separator: "\n").first { $0.hasPrefix("fusion: {type: \(reference.fusion), ") })
    for (key, value) in reference.configuration {
      guard let word = value.word else { continue }
      #expect(line.contains("\(key): \(word)"), "\(key) of \(plugin)")
    }
    let options = "{" + line.dropFirst("fusion: {type: \(reference.fusion), ".count)
    let type = try #require(entry.type as? any Fusion.Type)
    #expect(problem(type, options) == nil)
  }

  /// Why a configuration file with these options would be refused.
  private func problem<F: Fusion>(_ type: F.Type, _ options: String) -> String? {
    if case .failure(let error) = F.Configuration.read(options, name: F.name) { "\(error)" } else { nil }
  }
}
