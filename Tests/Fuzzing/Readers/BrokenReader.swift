import FusionCore
import Foundation

/// A reader with every fault that fuzzing is to find, for the fuzzer's own test. `--reader broken` alone chooses it.
struct BrokenFuzz: FuzzReader {
  static let name = "broken"
  let seeds = [FuzzInput(name: "input.txt", format: .bytes, bytes: Array("fine".utf8))]
  init(folder: String) {}

  func changed(_ input: FuzzInput, _ random: inout FuzzRandom) -> FuzzInput? {
    let word = random.choose(["fine", "refused", "crash", "hang", "memory", "wrong", "untyped", "silent"])
    return FuzzInput(name: input.name, format: .bytes, bytes: Array(word.utf8))
  }

  func read(_ input: FuzzInput) throws {
    switch String(decoding: input.bytes, as: UTF8.self) {
    case "refused": throw Refusal(description: "refused, and said so")
    case "silent": throw Refusal(description: "")
    case "untyped": throw POSIXError(.EIO)
    case "wrong": throw Violation("taken, and should not have been")
    case "crash": fatalError("found")
    case "hang": while true { usleep(1000) }
    case "memory":
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 34, alignment: 16)
      buffer.initializeMemory(as: UInt8.self, repeating: 1)
      buffer.deallocate()
    default: break
    }
  }

  private struct Refusal: UserError {
    let description: String
    var exitStatus: Int32 { 1 }
  }
}
