import Foundation
import Testing
import TensorEngine

/// The documentation catalogue names what there is.
@Suite struct CatalogueTests {
  private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Sources/TensorEngine")

  /// An operation and the file that it stands in.
  private struct Entry: Hashable, CustomStringConvertible {
    let name: String
    let file: String
    var description: String { "\(name) in \(file)" }
  }

  /// Public functions and operators of `Tensor` and `RandomStream`.
  private static func declared() throws -> Set<Entry> {
    let files = try FileManager.default.subpathsOfDirectory(atPath: sources.path).filter { $0.hasSuffix(".swift") }
    var found: Set<Entry> = []
    for file in files {
      let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
      let name = file.split(separator: "/").last.map(String.init) ?? file
      var type: Substring = ""
      for line in text.split(separator: "\n") {
        if let opened = line.firstMatch(of: /^(?:public )?(?:final )?(?:extension|struct|class|enum) (\w+)/) {
          type = opened.1
        }
        guard ["Tensor", "RandomStream"].contains(type),
          let function = line.firstMatch(of: /^  public (?:static )?(?:prefix )?func `?([^\s(`]+)/)
        else { continue }
        found.insert(Entry(name: String(function.1), file: name))
      }
    }
    return found
  }

  @Test func theTableHasEveryOperationAndNoOther() throws {
    let text = try String(
      contentsOf: Self.sources.appending(path: "TensorEngine.docc/Operations.md"), encoding: .utf8)
    let listed = text.matches(
      of: /\n\| [^|]+ \| `(?:Tensor\.|RandomStream\.)?(?:prefix )?([^`(]+)[^`]*` \| `(\w+\.swift)` \|/
    )
    .map { Entry(name: String($0.1), file: String($0.2)) }
    let declared = try Self.declared()
    #expect(declared.count > 100, "the declarations are found at all")
    #expect(declared.subtracting(listed).map(\.description).sorted() == [], "missing in Operations.md")
    #expect(Set(listed).subtracting(declared).map(\.description).sorted() == [], "in Operations.md, not in the sources")
  }

  /// The example of the landing page.
  @Test func theExampleGivesWhatItSays() throws {
    let text = try String(
      contentsOf: Self.sources.appending(path: "TensorEngine.docc/TensorEngine.md"), encoding: .utf8)
    #expect(text.contains("x.square().sum())  // prints [2.0, 4.0, 6.0]"))
    let device = Device()
    let tape = Tape()
    var received: [Float] = []
    let x = tape.watch(Tensor([1, 2, 3], shape: [3], device: device)) { gradient in received = gradient.scalars }
    tape.backward(from: x.square().sum())
    #expect(received == [2, 4, 6])
  }
}
