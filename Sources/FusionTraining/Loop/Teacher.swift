import FusionConfig
import FusionCore
import FusionData
import Foundation

/// The model of another run that objectives learn from: frozen, in evaluation mode, fed with the training part's samples.
final class Teacher {
  /// The SHA-256 of the model's file.
  let sha256: String
  /// Its parameters and buffers.
  let store: ParameterStore
  private let pipeline: Pipeline
  fileprivate let part: DataSplit
  private let conversions: [ValueConversion]
  private let device: Device

  /// Builds and fills the model of a run.
  ///
  /// - Parameter train: the training part, checked against it.
  /// - Throws: ``CheckpointError`` for weights that do not fit; `DataError`, `PipelineError`.
  init(_ teacher: TeacherRun, train: DataSplit, device: Device) throws {
    let (experiment, record) = (teacher.experiment, teacher.record)
    pipeline = try experiment.pipeline.build(
      inputs: record.arrays.mapValues(\.description), output: [record.outputs],
      standardisesTargets: record.standardisesTargets == true, device: device, seed: experiment.seed)
    store = pipeline.store
    _ = try teacher.run.loadModel(into: store, digest: nil)
    sha256 = try SHA256.of(file: teacher.run.model)
    part = train.choosing(teacher.places(in: train))
    conversions = try pipeline.conversions(for: part)
    self.device = device
  }

  /// What it makes of some samples, with all modalities that they have: `training.modality_dropout` takes nothing from it.
  ///
  /// - Parameters:
  ///   - rows: of the data set's arrays.
  ///   - transforms: those of the training, in the epoch under way: both see the same samples.
  func pass(rows: [Int], transforms: SampleTransforms? = nil) throws(PipelineError) -> TeacherPass {
    let batch: Batch
    do throws(DataError) {
      batch = try part.batch(rows: rows, conversions: conversions, transforms: transforms)
    } catch { throw PipelineError(problems: error.problems.map { Problem("\($0.file): \($0.reason)") }) }
    let pass = ForwardPass.evaluation(device: device)
    let (raw, presence) = pipeline.raw(of: batch, device: device)
    let features = try pipeline.encode(raw, presence: presence, pass)
    let fused = try pipeline.fuse(features, pass)
    let output = try pipeline.decode(fused: fused, pass)
    return TeacherPass(
      features: features, fused: fused, sideOutputs: pass.sideOutputs,
      output: pipeline.targets?.original(output) ?? output)
  }
}

extension Teacher {
  /// What its layers keep of one sample.
  var bytesOfOneSample: Double {
    let before = Storage.bytesTakenOnThisThread
    _ = part.rows.first.flatMap { try? pass(rows: [$0]) }
    return Double(Storage.bytesTakenOnThisThread - before)
  }
}

/// A finished run that is asked to teach, before its model is read.
struct TeacherRun {
  let run: RunFolder
  let experiment: Experiment
  let record: DataRecord

  /// - Throws: `PipelineError` with what is wrong, at the key that names the run.
  init(_ path: String, at place: [String], registry: Registry) throws(PipelineError) {
    func refusal(_ message: String, _ hint: String? = nil) -> PipelineError {
      PipelineError(problems: [Problem(path: place, message, hint: hint)])
    }
    run = try RunFolder.finished(path, at: place)
    do {
      experiment = try Experiment.load(resolved: run.configuration, registry: registry)
      record = try RunEnvironment.read(from: run).data
    } catch {
      throw refusal("the teacher '\(path)' cannot be read", "\(error)")
    }
    guard access(run.model, R_OK) == 0 else {
      throw refusal("the teacher '\(path)' has no model: \(run.model): \(String(cString: strerror(errno)))")
    }
  }

  /// The places of its modalities in a part of the data that has them all.
  func places(in train: DataSplit) -> [Int] {
    experiment.pipeline.branches.compactMap { branch in train.modalities.firstIndex { $0.name == branch.name } }
  }

  /// What keeps it from teaching on these data: another task, other classes, modalities that are not there or of another
  /// shape.
  func problems(_ student: Experiment, train: DataSplit?, at place: [String]) -> [Problem] {
    var problems: [Problem] = []
    func add(_ message: String, _ hint: String? = nil) {
      problems.append(Problem(path: place, "the teacher '\(run.path)' \(message)", hint: hint))
    }
    if experiment.task.kind != student.task.kind {
      add("was trained for \(experiment.task.kind.rawValue), the task is \(student.task.kind.rawValue)")
    }
    let known = student.pipeline.branches.map(\.name)
    let strange = experiment.pipeline.branches.map(\.name).filter { !known.contains($0) }
    if !strange.isEmpty {
      add(
        "needs the modalit\(strange.count == 1 ? "y" : "ies") '\(strange.joined(separator: "', '"))', which this run has not",
        "it has: \(known.joined(separator: ", "))")
    }
    guard let train else { return problems }
    for (name, array) in train.descriptions.sorted(by: { $0.key < $1.key }) {
      guard let own = record.arrays[name], own.shape != array.sampleShape else { continue }
      add("takes '\(name)' of shape \(own.shape), the data have \(array.sampleShape)")
    }
    if record.classes != train.classNames {
      func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
      add("knows other classes", "its classes: \(list(record.classes))\nhere: \(list(train.classNames))")
    } else if let width = train.targets?.width, width != record.outputs {
      add("gives \(record.outputs) values for a sample, expected \(width)")
    }
    if problems.isEmpty, train.choosing(places(in: train)).count != train.count {
      add("sees nothing of some training samples: they have none of its modalities")
    }
    return problems
  }
}

extension RunFolder {
  /// The folder of a run that has ended.
  ///
  /// - Parameter advice: what else to do with a run that is not finished.
  /// - Throws: `PipelineError` at the key that names it.
  static func finished(_ path: String, at place: [String], advice: String = "") throws(PipelineError) -> RunFolder {
    func refusal(_ message: String, _ hint: String?) -> PipelineError {
      PipelineError(problems: [Problem(path: place, message, hint: hint)])
    }
    let run = RunFolder(path)
    switch run.state {
    case .complete: return run
    case .unfinished, .stranded:
      throw refusal(
        "the run '\(path)' is not finished", "finish it first: fusionkit train --resume \(path)\(advice)")
    case .unreadable(let file, let reason): throw refusal("\(file) cannot be read: \(reason)", nil)
    case .vacant where !FileManager.default.fileExists(atPath: path):
      let nearest = nearestPath(to: path).map { ": did you mean '\($0)'?" } ?? ""
      throw refusal(
        "there is no run '\(path)'\(nearest)", "paths start from the current directory, as data.root does")
    case .vacant, .foreign: throw refusal("'\(path)' is not the folder of a run", nil)
    }
  }
}

extension Experiment {
  /// An objective that learns from another run.
  struct TeacherDemand {
    /// Of the key that names the run.
    let place: [String]
    let objective: String
    let run: String
  }

  /// The runs that objectives learn from, each at its first place.
  var teacherDemands: [TeacherDemand] {
    var seen: [[ObjectiveSettings]] = []
    return stages.flatMap { stage -> [TeacherDemand] in
      guard let settings = stage.settings.objectives, !seen.contains(settings) else { return [] }
      seen.append(settings)
      let path = settings == training.objectives ? ["training", "objective"] : stage.path("objective")
      return settings.enumerated().compactMap { index, entry in
        entry.objective.traits.teacher.map {
          TeacherDemand(place: path + ["\(index)", "teacher"], objective: entry.objective.name, run: $0)
        }
      }
    }
  }

  /// The run of a demand.
  ///
  /// - Parameter train: the training part; nil: not known, and not compared.
  /// - Throws: `PipelineError` with everything that keeps it from teaching.
  func teacher(_ demand: TeacherDemand, train: DataSplit?) throws(PipelineError) -> TeacherRun {
    guard !demand.run.isEmpty else {
      throw PipelineError(problems: [
        Problem(
          path: demand.place, "the objective '\(demand.objective)' needs a teacher: the folder of a finished run",
          hint: "for example: teacher: outputs/large")
      ])
    }
    let teacher = try TeacherRun(demand.run, at: demand.place, registry: registry)
    let problems = teacher.problems(self, train: train, at: demand.place)
    guard problems.isEmpty else { throw PipelineError(problems: problems) }
    return teacher
  }

  /// What is wrong with the runs that objectives learn from; reads no weights.
  func teacherProblems(train: DataSplit?) -> [Problem] {
    teacherDemands.flatMap { demand -> [Problem] in
      do throws(PipelineError) {
        _ = try teacher(demand, train: train)
        return []
      } catch { return error.problems }
    }
  }

  /// The models that objectives learn from, by the paths that name them.
  ///
  /// - Throws: `ConfigError` with everything that is wrong, at its places; ``CheckpointError`` for weights that do not fit.
  func teachers(train: DataSplit, device: Device) throws -> [String: Teacher] {
    let problems = teacherProblems(train: train)
    guard problems.isEmpty else { throw diagnostics(for: problems) }
    return try teacherDemands.reduce(into: [:]) { teachers, demand in
      guard teachers[demand.run] == nil else { return }
      teachers[demand.run] = try Teacher(self.teacher(demand, train: train), train: train, device: device)
    }
  }
}

/// A run that another one learned from, as `environment.json` records it.
public struct TeacherRecord: Codable, Sendable, Equatable {
  /// The folder of the run.
  public var run: String
  /// The SHA-256 of its model's file.
  public var sha256: String
}

extension TrainingContext {
  /// What to keep of the teachers in the run's record; nil: there are none.
  var teacherRecords: [TeacherRecord]? {
    teachers.isEmpty
      ? nil : teachers.sorted { $0.key < $1.key }.map { TeacherRecord(run: $0.key, sha256: $0.value.sha256) }
  }
}
