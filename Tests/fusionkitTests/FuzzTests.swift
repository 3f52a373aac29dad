import Foundation
import Testing

/// `fusionkit-fuzz` finds what it is there to find.
@Suite struct FuzzTests {
  private func fuzz(_ arguments: [String]) throws -> Outcome {
    let program = URL(fileURLWithPath: Binary.path).deletingLastPathComponent().appending(path: "fusionkit-fuzz").path
    return try Child(program, arguments).outcome()
  }

  @Test func everyKindOfFaultIsFoundKeptAndRepeated() throws {
    let folder = Scratch()
    let outcome = try fuzz([
      "--reader", "broken", "--inputs", "60", "--seconds", "120", "--patience", "1", "--crashes", folder / "kept",
    ])
    #expect(outcome.status == 1)
    for words in ["signal", "it hangs", "taken, and should not", "not meant for people", "without a word"] {
      #expect(outcome.output.contains(words), "\(words): \(outcome.output)")
    }
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder / "kept")
    let inputs = try Set(kept.map { String(decoding: try bytes(folder / "kept/" + $0), as: UTF8.self) })
    #expect(inputs.isSubset(of: ["crash", "hang", "memory", "wrong", "untyped", "silent"]))
    #expect(inputs.isSuperset(of: ["crash", "hang", "memory", "wrong"]), "\(inputs)")
    let wrong = try #require(try kept.first { try bytes(folder / "kept/" + $0) == Data("wrong".utf8) })
    let again = try fuzz(["--repeat", folder / "kept/" + wrong])
    #expect(again.status == 1)
    #expect(again.output.contains("taken, and should not have been"))
  }

  @Test func theSameSeedMakesTheSameInputs() throws {
    let folder = Scratch()
    let arguments = [
      "--reader", "npy", "--inputs", "300", "--seconds", "60", "--crashes", folder / "kept", "--seed", "5",
    ]
    let (one, two) = (try fuzz(arguments), try fuzz(arguments))
    #expect(one.status == 0, "\(one.output)")
    #expect(one.output == two.output)
    #expect(one.output.contains("300 inputs, 0 faults; seed 5"))
  }
}
