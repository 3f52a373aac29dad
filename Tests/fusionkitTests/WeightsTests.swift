import Foundation
import Testing

/// A PyTorch user brings weights and gets PyTorch's logits: Tests/Fixtures/weights/make_weights.py.
@Suite struct WeightsTests {
  static let fixtures = Binary.package + "/Tests/Fixtures/weights/"
  static let config = """
    name: brought
    data:
      dataset: arrays
      root: .
      validation: 0
      train: {image: image.npy, audio: audio.npy, targets: labels.npy}
      test: {image: image.npy, audio: audio.npy}
    modalities:
      image: {type: image, encoder: {type: lenet, channels: 2, blocks: 2}}
      audio: {type: spectrogram, encoder: {type: lenet, channels: 3, blocks: 3}}
    fusion: {type: low_rank_tensor, width: 7, rank: 3}
    decoder: {type: mlp, hidden: [5]}
    training: {epochs: 0, batch_size: 4}
    """

  /// A folder with the data, the config and an untrained run.
  private func freshRun() throws -> Scratch {
    let folder = Scratch()
    try folder.write("a.yaml", Self.config)
    for name in ["image.npy", "audio.npy"] { try folder.write(name, bytes(Self.fixtures + name)) }
    try folder.write("labels.npy", NpyFile.integers([0, 1, 2, 3, 0, 1]))
    let outcome = try Binary.run(["train", "a.yaml", "--output", "./run"], in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return folder
  }

  private func logits(_ folder: Scratch) throws -> [[Double]] {
    let outcome = try Binary.run(["predict", "run", "--data", ".", "--logits", "-o", "out.csv"], in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let lines = try String(contentsOfFile: folder / "out.csv", encoding: .utf8).split(separator: "\n")
    let columns = lines[0].split(separator: ",").enumerated().filter { $1.hasPrefix("logit_") }.map(\.offset)
    return lines.dropFirst().map { line in
      let fields = line.split(separator: ",")
      return columns.compactMap { Double(fields[$0]) }
    }
  }

  @Test func logitsAgreeWithPyTorchs() throws {
    struct Expected: Decodable { let logits: [[Double]] }
    let expected = try JSONDecoder().decode(Expected.self, from: bytes(Self.fixtures + "logits.json")).logits
    let folder = try freshRun()
    let before = try logits(folder)
    try folder.write("run/model.safetensors", bytes(Self.fixtures + "weights.safetensors"))
    let found = try logits(folder)
    #expect(found.count == 6 && found.allSatisfy { $0.count == 4 })
    for (row, expected) in zip(found, expected) {
      for (value, expected) in zip(row, expected) { #expect(abs(value - expected) <= 1e-4, "\(value) \(expected)") }
    }
    #expect(before != found)
  }

  @Test(arguments: ["truncated", "empty", "absurd header", "no JSON"])
  func brokenWeightsAreRefused(_ damage: String) throws {
    let folder = try freshRun()
    let whole = try bytes(folder / "run/model.safetensors")
    let broken: Data =
      switch damage {
      case "truncated": whole.dropLast(5)
      case "empty": Data()
      case "absurd header": Data(repeating: 0xff, count: 8) + whole.dropFirst(8)
      default: whole.prefix(8) + Data("nonsense".utf8) + whole.dropFirst(16)
      }
    try folder.write("run/model.safetensors", broken)
    let outcome = try Binary.run(["predict", "run", "--data", "."], in: folder.path)
    #expect(outcome.status == 1)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("error: run/model.safetensors cannot be used"), "\(outcome.errors)")
  }
}
