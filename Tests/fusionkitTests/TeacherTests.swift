import FusionData
import Foundation
import Testing

/// Objectives that learn from another run: `teacher`.
@Suite struct TeacherTests {
  private static let objective = "[{type: task, weight: 0.01}, {type: distillation, teacher: teacher}]"

  /// A folder with `tiny.yaml` and a finished run `teacher`.
  private func folder(_ teacher: [String] = []) throws -> Scratch {
    let folder = Scratch()
    try VectorData.write(to: folder)
    try train(folder, "teacher", ["training.epochs=3", "seed=9", "modalities.a.encoder.hidden=[9]"] + teacher)
    return folder
  }

  @discardableResult
  private func train(_ folder: Scratch, _ run: String, _ sets: [String], status: Int32 = 0) throws -> Outcome {
    let outcome = try Binary.run(
      ["train", "tiny.yaml", "--output", "./\(run)"] + sets.flatMap { ["--set", $0] }, in: folder.path)
    #expect(outcome.status == status, "\(run): \(outcome.errors)")
    return outcome
  }

  @Test func aRunLearnsFromItsTeacher() throws {
    let folder = try folder()
    try train(folder, "plain", ["training.epochs=20"])
    let sets = ["training.objective=\(Self.objective)", "training.epochs=20"]
    try train(folder, "taught", sets)
    let history = try String(contentsOfFile: folder / "taught/history.csv", encoding: .utf8)
    let rows = history.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    let column = try #require(rows[0].firstIndex(of: "train.distillation"))
    let losses = rows.dropFirst().compactMap { Double($0[column]) }
    #expect(losses.count == 20 && losses[19] < 0.3 * losses[0], "\(losses)")
    #expect(rows[0].contains("train.distillation_agreement"))
    #expect(try bytes(folder / "plain/model.safetensors") != bytes(folder / "taught/model.safetensors"))
    let environment = try String(contentsOfFile: folder / "taught/environment.json", encoding: .utf8)
    #expect(environment.contains(SHA256.of(try bytes(folder / "teacher/model.safetensors"))))
    // The teacher itself stays as it is, and the same bits come out in parts and on two threads.
    try train(folder, "parts", ["training.objective=\(Self.objective)", "training.epochs=7"])
    let resumed = try Binary.run(
      ["train", "--resume", "parts", "--set", "training.epochs=20", "--threads", "2"], in: folder.path)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try bytes(folder / "parts/model.safetensors") == bytes(folder / "taught/model.safetensors"))
  }

  /// Whoever is its own teacher is at no distance from it, whatever transforms do to the samples of a batch.
  @Test func teacherAndPupilSeeTheSameSamples() throws {
    let folder = try folder()
    let sets = [
      "training.objective=[{type: distillation, teacher: teacher}]", "training.initialise_from.model=teacher",
      "training.optimizer.learning_rate=0", "modalities.a.encoder.hidden=[9]",
    ]
    func losses(_ run: String) throws -> [Double] {
      let history = try String(contentsOfFile: folder / "\(run)/history.csv", encoding: .utf8)
      let rows = history.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      let column = try #require(rows[0].firstIndex { $0 == "train.distillation" })
      return rows.dropFirst().compactMap { Double($0[column]) }
    }
    try train(folder, "noisy", sets + ["modalities.a.transforms=[{type: gaussian_noise, std: 2}]"])
    let noisy = try losses("noisy")
    #expect(noisy.count == 2 && noisy.allSatisfy { abs($0) < 1e-6 }, "\(noisy)")
    // Dropout takes a modality from the pupil alone.
    try train(folder, "thinned", sets + ["fusion.missing=zero", "training.modality_dropout={b: 0.5}"])
    let thinned = try losses("thinned")
    #expect(thinned.count == 2 && thinned.allSatisfy { $0 > 1e-3 }, "\(thinned)")
  }

  /// Over kept encodings, in a stage, with a teacher that sees one modality only.
  @Test func aStageHasATeacher() throws {
    let folder = try folder(["modalities.b=null"])
    let stages =
      "[{train: [encoders]}, {train: [fusion, decoder], objective: [{type: task}, {type: distillation, teacher: teacher}]}]"
    try train(folder, "kept", ["training.stages=\(stages)"])
    try train(folder, "computed", ["training.stages=\(stages)", "training.stages.1.cache=none"])
    #expect(try bytes(folder / "kept/model.safetensors") == bytes(folder / "computed/model.safetensors"))
  }

  @Test(arguments: [
    ("teacher: ''", [], "the objective 'distillation' needs a teacher"),
    ("teacher: teachers", [], "there is no run 'teachers': did you mean 'teacher'?"),
    ("teacher: .", [], "'.' is not the folder of a run"),
    ("teacher: teacher", ["data.classes=[0, 1]"], "the teacher 'teacher' knows other classes"),
    ("teacher: teacher", ["modalities.b=null"], "needs the modality 'b', which this run has not"),
    ("teacher: teacher", ["data.files.b=wide.npy"], "takes 'b' of shape [4], the data have [6]"),
    ("teacher: teacher, temperature: 0", [], "expected a number above 0 for 'temperature', got 0"),
    ("teacher: teacher, temperature: .nan", [], "expected a number above 0 for 'temperature', got"),
    ("teacher: teacher, weight: -1", [], "expected a number of at least 0 for 'weight', got -1"),
    ("teacher: teacher, weight: .nan", [], "for 'weight', got"),
  ])
  func aTeacherThatCannotTeachIsRefusedAtItsPlace(
    _ keys: String, _ sets: [String], _ message: String
  ) throws {
    let folder = try folder()
    try folder.write("wide.npy", NpyFile.floats((0..<360).map { sin(Float($0)) }, [60, 6]))
    try folder.write(
      "b.yaml",
      "extends: tiny.yaml\nname: b\ntraining:\n  objective:\n    - {type: task}\n    - {type: distillation, \(keys)}\n")
    for command in ["check", "train"] {
      let outcome = try Binary.run([command, "b.yaml"] + sets.flatMap { ["--set", $0] }, in: folder.path)
      #expect(outcome.status == 2, "\(command): \(outcome.errors)")
      #expect(outcome.errors.contains(message), "\(command): \(outcome.errors)")
      #expect(outcome.errors.contains("b.yaml:6:"), "\(command): \(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder / "outputs/b"))
  }

  @Test func aTeacherThatIsUnfinishedOrChangedIsRefused() throws {
    let folder = try folder()
    try train(folder, "run", ["training.objective=\(Self.objective)"])
    try train(folder, "other", ["seed=4"])
    try folder.write("teacher/model.safetensors", bytes(folder / "other/model.safetensors"))
    // Of another shape: its weights do not fit.
    let misfit = try Binary.run(["train", "--resume", "run", "--set", "training.epochs=5"], in: folder.path)
    #expect(misfit.status == 1)
    #expect(misfit.errors.contains("teacher/model.safetensors holds the weights of another model"), "\(misfit.errors)")
    try train(folder, "same", ["training.epochs=1", "modalities.a.encoder.hidden=[9]"])
    try folder.write("teacher/model.safetensors", bytes(folder / "same/model.safetensors"))
    let changed = try Binary.run(["train", "--resume", "run", "--set", "training.epochs=5"], in: folder.path)
    #expect(changed.status != 0)
    #expect(changed.errors.contains("the model of a teacher is another one"), "\(changed.errors)")
    let summary = try String(contentsOfFile: folder / "teacher/metrics.json", encoding: .utf8)
    try folder.write("teacher/metrics.json", summary.replacing("\"finished\"", with: "\"failed\""))
    let unfinished = try train(folder, "third", ["training.objective=\(Self.objective)"], status: 2)
    #expect(unfinished.errors.contains("the run 'teacher' is not finished"), "\(unfinished.errors)")
  }
}
