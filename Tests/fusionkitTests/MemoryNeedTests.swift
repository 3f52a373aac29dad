import Foundation
import Testing

/// What a step is said to need, where that is more than there is.
@Suite struct MemoryNeedTests {
  /// Megabytes for the model, and for what the layers compute, of a run that is refused.
  private func need(_ sets: [String], in folder: Scratch) throws -> (model: Int, layers: Int) {
    let more = sets.map { "--set '\($0)'" }.joined(separator: " ")
    let outcome = try Binary.shell(
      "ulimit -v 3000000; exec \"$FUSIONKIT\" train big.yaml --output ./run --threads 1 \(more)", in: folder.path)
    #expect(outcome.status == 1 && outcome.errors.contains("of memory or more"), "\(outcome.errors)")
    let found = try #require(
      outcome.errors.firstMatch(of: /(\d+) MB for the model and its optimizer, (\d+) MB for what the layers/))
    return (Int(found.1) ?? 0, Int(found.2) ?? 0)
  }

  /// An experiment over 200,000 values a sample, of which no batch of all samples fits.
  private func write(to folder: Scratch) throws {
    // A sparse file: it takes no room on the disk.
    let (samples, values) = (4000, 100_000)
    try folder.write("d/a.npy", NpyFile.data("|u1", [samples, values], Data()))
    truncate(folder / "d/a.npy", off_t(try bytes(folder / "d/a.npy").count + samples * values))
    try folder.write("d/y.npy", NpyFile.integers((0..<samples).map { $0 % 5 }))
    try folder.write(
      "big.yaml",
      """
      data: {dataset: arrays, root: d, files: {a: a.npy, b: a.npy, targets: y.npy}, validation: 0}
      modalities:
        a: {type: vector, values: byte, encoder: {type: identity}}
        b: {type: vector, values: byte, encoder: {type: identity}}
      fusion: {type: concat}
      decoder: {type: linear}
      training: {epochs: 1, batch_size: 100000}
      """)
  }

  @Test func averagesAndFurtherPassesCount() throws {
    let folder = Scratch()
    try write(to: folder)
    // 200,000 values in, 5 out, four times in float32: 16.0 MB; five times with the averages.
    let plain = try need([], in: folder)
    #expect(plain.model == 17, "16.00008 MB, rounded up")
    #expect(try need(["training.average.decay=0.9"], in: folder).model == 21)
    let modulated = try need(["training.objective=[{type: task}, {type: ogm_ge}]"], in: folder)
    // One more pass keeps the 200,000 fused values of each of 3200 samples.
    #expect(modulated.layers - plain.layers >= 2560, "\(plain) \(modulated)")
  }

  @Test func aTeacherCounts() throws {
    let folder = Scratch()
    try write(to: folder)
    let teacher = try Binary.shell(
      "exec \"$FUSIONKIT\" train big.yaml --output ./teacher --threads 1 --set training.epochs=0 "
        + "--set training.batch_size=1 --set modalities.b=null", in: folder.path)
    #expect(teacher.status == 0, "\(teacher.errors)")
    let plain = try need([], in: folder)
    let taught = try need(
      ["training.objective=[{type: task}, {type: distillation, teacher: ./teacher}]"], in: folder)
    // 100,000 values in, 5 out, once: no gradients and no optimizer.
    #expect(taught.model - plain.model == 2)
    // It passes the 100,000 values of each of 3200 samples on.
    #expect(taught.layers - plain.layers >= 1280, "\(plain) \(taught)")
  }
}
