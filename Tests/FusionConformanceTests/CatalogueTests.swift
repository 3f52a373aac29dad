import Foundation
import FusionConformance
import FusionCore
import Testing

/// The articles of `FusionCore.docc`, one for each kind of component.
@Suite struct CatalogueTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

  private static func article(_ kind: ComponentKind) throws -> String {
    let name = kind.plural.prefix(1).uppercased() + kind.plural.dropFirst()
    let path = "../../Sources/FusionCore/FusionCore.docc/\(name).md"
    return try String(contentsOf: folder.appending(path: path), encoding: .utf8)
  }

  /// What `plugin new` writes, which is compiled here.
  @Test(arguments: ComponentKind.allCases) func anArticleShowsTheSmallestOfItsKind(_ kind: ComponentKind) throws {
    let file = "Scaffold/Sample\(kind.rawValue.capitalized).swift"
    let source = try String(contentsOf: Self.folder.appending(path: file), encoding: .utf8)
    #expect(try Self.article(kind).contains("```swift\n\(source)```\n"), "\(file) has changed")
  }

  @Test(arguments: ComponentKind.allCases) func anArticleListsTheChecksThatApply(_ kind: ComponentKind) throws {
    let sample = try #require(ScaffoldTests.samples.first { $0.kind == kind })
    let applied = Conformance().report(on: sample).results.filter { $0.outcome != .notApplicable }.map(\.id)
    let expected = Check.all.filter { applied.contains($0.id) }.map { "| `\($0.id)` | \($0.rule) |" }
    let rows = try Self.article(kind).split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
    #expect(rows == expected)
  }

  @Test func theLandingPageLeadsToAllOfThem() throws {
    let path = "../../Sources/FusionCore/FusionCore.docc/FusionCore.md"
    let text = try String(contentsOf: Self.folder.appending(path: path), encoding: .utf8)
    for kind in ComponentKind.allCases {
      #expect(text.contains("<doc:\(kind.plural.prefix(1).uppercased() + kind.plural.dropFirst())>"))
    }
  }

  @Test(arguments: ComponentKind.allCases) func thePathsOfAnArticleLeadSomewhere(_ kind: ComponentKind) throws {
    let paths = try Self.article(kind).matches(of: /`((?:Sources|Plugins|Examples|docs)\/[^`]+)`/).map { String($0.1) }
    #expect(paths.count > 1)
    let root = Self.folder.appending(path: "../..")
    for path in paths { #expect(FileManager.default.fileExists(atPath: root.appending(path: path).path), "\(path)") }
  }
}
