import Foundation

/// The files that fuzzing starts from: small ones of this folder's own, and the fixtures of the tests.
enum Corpus {
  private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  /// The root of the package.
  static let package = here.deletingLastPathComponent().deletingLastPathComponent().path
  private static let folders = ["\(here.path)/Corpus", "\(package)/Tests/Fixtures/data"]

  /// The files whose names end in one of some ways, in the order of their names.
  static func files(_ endings: [String: Format], in folders: [String] = folders) -> [FuzzInput] {
    folders.flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().compactMap { name in
        // A packed table is no packed array.
        guard !name.hasSuffix(".csv.gz"), let ending = endings.first(where: { name.hasSuffix($0.key) }),
          let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)")
        else { return nil }
        return FuzzInput(name: "input" + ending.key, format: ending.value, bytes: Array(bytes))
      }
    }
  }

  /// The words of some texts.
  static func words(of inputs: [FuzzInput]) -> [String] {
    Set(
      inputs.flatMap {
        String(decoding: $0.bytes, as: UTF8.self).matches(of: /[A-Za-z_][A-Za-z_0-9.]*:?/).map { String($0.0) }
      }
    )
    .sorted()
  }
}

/// Writes an input's file.
func put(_ bytes: [UInt8], at path: String) throws {
  guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
    throw Violation("the fuzzer cannot write \(path)")
  }
}
