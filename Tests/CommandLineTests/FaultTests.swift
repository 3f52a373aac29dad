import Foundation
import Testing

/// The nth call fails, or is the last: every command ends well, or leaves what was there whole.
@Suite(.enabled(if: Faults.areAvailable)) struct FaultTests {
  private let folder = Scratch()
  private let train = ["train", "tiny.yaml", "--output", "./run", "--quiet"]

  @Test func aTrainingThatIsKilledAtAnyRenameComesToTheSameBytes() throws {
    try folder.write("tiny.yaml", DemoData.config(epochs: 2))
    let (whole, calls) = try Faults.calls(of: train, in: folder.path)
    try #require(whole.status == 0, "\(whole.errors)")
    try FileManager.default.moveItem(atPath: folder / "run", toPath: folder / "whole")
    let renames = calls.filter { $0.operation == .rename }
    try #require(renames.count > 10)
    for rename in renames {
      for moment in ["before-KILL", "after-KILL"] {
        try? FileManager.default.removeItem(atPath: folder / "run")
        let killed = try Faults.run(train, in: folder.path, fault: rename.fault(moment))
        #expect(killed.status == 128 + SIGKILL)
        if !FileManager.default.fileExists(atPath: folder / "run/config.yaml") {
          try FileManager.default.removeItem(atPath: folder / "run")
        }
        let began = FileManager.default.fileExists(atPath: folder / "run/checkpoint/state.safetensors")
        let again = try Binary.run(began ? ["train", "--resume", "run"] : train + ["--overwrite"], in: folder.path)
        let isFinished = again.errors.contains("it is finished")
        #expect(again.status == (isFinished ? 1 : 0), "\(moment) \(rename): \(again.errors)")
        for file in ["model.safetensors", "predictions.csv"] {
          #expect(try bytes(folder / "run/\(file)") == bytes(folder / "whole/\(file)"), "\(moment) \(rename): \(file)")
        }
      }
    }
  }
}
