import FusionConfig
import FusionCore
import FusionData
import Foundation

/// Weights that a run began with in the place of freshly drawn ones, as `environment.json` records them.
public struct InitialWeights: Codable, Sendable, Equatable {
  /// What they filled: `encoders.image`, `model`.
  public var part: String
  /// The file that they came from.
  public var file: String
  /// The SHA-256 of that file.
  public var sha256: String
  /// How many tensors were taken from it.
  public var tensors: Int
}

/// The tensors of a file that one entry of `training.initialise_from` asks for.
struct WeightLoan {
  let source: WeightSource
  private let file: SafeTensors

  /// Opens the file of a source; reads its header alone.
  ///
  /// - Throws: ``PipelineError`` with what is wrong, at the place of the source's key.
  init(_ source: WeightSource) throws(PipelineError) {
    self.source = source
    let path = try Self.file(of: source)
    do {
      file = try SafeTensors(opening: path)
    } catch {
      throw PipelineError(
        problems: error.problems.map {
          Problem(path: source.place, "\($0.file): \($0.reason)", hint: $0.expected.map { "expected: \($0)" })
        })
    }
  }

  /// The file that a path means: itself, or the model of a run that has ended.
  private static func file(of source: WeightSource) throws(PipelineError) -> String {
    func refusal(_ message: String, _ hint: String?) -> PipelineError {
      PipelineError(problems: [Problem(path: source.place, message, hint: hint)])
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: source.path, isDirectory: &isFolder) else {
      let nearest = nearestPath(to: source.path).map { ": did you mean '\($0)'?" } ?? ""
      throw refusal(
        "there is no run and no file '\(source.path)'\(nearest)",
        "paths start from the current directory, as data.root does")
    }
    guard isFolder.boolValue else { return source.path }
    let run = RunFolder(source.path)
    let advice = "; or take its weights as they are: \(run.model)"
    return try RunFolder.finished(source.path, at: source.place, advice: advice).model
  }

  /// What is wrong with the file for these parameters of a model: nothing of a part, names that are missing, names that are
  /// too many, shapes. Reads no values.
  func problems(for store: ParameterStore) -> [Problem] {
    var problems: [Problem] = []
    for match in matches(store) {
      switch match {
      case .success(let match):
        let misfit = match.misfit
        if !misfit.isEmpty { problems.append(problem(misfit)) }
      case .failure(let problem): problems.append(problem.problem)
      }
    }
    return problems
  }

  /// The values of the file for parameters of a model.
  ///
  /// - Throws: ``PipelineError`` with everything that does not fit or cannot be, at the place of the source's key.
  func values(for store: ParameterStore) throws(PipelineError) -> [(parameter: Parameter, values: [Float])] {
    let found = problems(for: store)
    guard found.isEmpty else { throw PipelineError(problems: found) }
    do {
      guard try !ModelFile.isDamaged(file) else { throw CheckpointError(damaged: file.path) }
      return try matches(store).flatMap { match in
        let match = try match.get()
        return try zip(match.expected, match.tensors()).map { ($0, $1) }
      }
    } catch let error as CheckpointError {
      throw PipelineError(problems: [problem(error)])
    } catch let error as DataError {
      throw PipelineError(problems: error.problems.map { Problem(path: source.place, "\($0.file): \($0.reason)") })
    } catch {
      throw PipelineError(problems: [Problem(path: source.place, "\(error)")])
    }
  }

  /// What is kept of it in the run's record.
  func record(tensors: Int) throws(DataError) -> InitialWeights {
    InitialWeights(part: source.key, file: file.path, sha256: try SHA256.of(file: file.path), tensors: tensors)
  }

  private func problem(_ error: CheckpointError) -> Problem {
    let lines = error.description.split(separator: "\n").map(String.init)
    return Problem(
      path: source.place, "\(lines[0]), for '\(source.key)'",
      hint: lines.count > 1 ? lines.dropFirst().map { String($0.dropFirst(2)) }.joined(separator: "\n") : nil)
  }

  private struct Refusal: Error { let problem: Problem }

  /// The file's names against the model's, part by part.
  private func matches(_ store: ParameterStore) -> [Result<TensorMatch, Refusal>] {
    let names = file.names.filter { !$0.hasSuffix("num_batches_tracked") || store[$0] != nil }
    guard let parts = source.parts else {
      return [.success(TensorMatch(file: file, names: names, prefix: "", expected: expected(store.parameters, names)))]
    }
    return parts.compactMap { match($0, names, store, isOnly: parts.count == 1) }
  }

  /// - Returns: nil for one of several parts that has nothing to fill.
  private func match(
    _ part: PipelinePart, _ names: [String], _ store: ParameterStore, isOnly: Bool
  ) -> Result<TensorMatch, Refusal>? {
    func refusal(_ message: String, _ hint: String) -> Result<TensorMatch, Refusal> {
      .failure(Refusal(problem: Problem(path: source.place, message, hint: hint)))
    }
    let own = names.filter { part.owns($0) }
    let parameters = store.parameters.filter { part.owns($0.name) }
    if parameters.isEmpty, own.isEmpty {
      return isOnly ? refusal("'\(part.name)' has no weights that could be filled", "leave the key out") : nil
    }
    if !own.isEmpty {
      return .success(TensorMatch(file: file, names: own, prefix: "", expected: expected(parameters, own)))
    }
    let others = Set(names.filter(Self.isOfAPipeline).map(Self.part)).sorted()
    guard isOnly, others.isEmpty else {
      return refusal(
        "\(file.path) holds nothing of '\(part.name)'",
        others.isEmpty
          ? "its names start with none of the pipeline's parts" : "it holds: \(others.joined(separator: ", "))")
    }
    // A file of this part alone, whose names need not repeat what it is.
    return .success(
      TensorMatch(
        file: file, names: names, prefix: "", dropped: part.name + ".",
        expected: parameters.filter { $0.name.hasPrefix(part.name + ".") }))
  }

  /// Parameters without the mean and deviation of values and targets, where a file has none of them: other programs do not
  /// save them with their weights, and those of the training part stay.
  private func expected(_ parameters: [Parameter], _ names: [String]) -> [Parameter] {
    parameters.filter { parameter in
      guard let mark = parameter.name.range(of: ".standardise.") else { return true }
      let owner = parameter.name[..<mark.upperBound]
      return names.contains { $0.hasPrefix(owner) }
    }
  }

  private static func isOfAPipeline(_ name: String) -> Bool {
    ["modalities.", "encoders.", "fusion.", "decoder.", "targets.", "missing."].contains { name.hasPrefix($0) }
  }

  private static func part(_ name: String) -> String {
    let steps = name.split(separator: ".", maxSplits: 2)
    return ["modalities", "encoders"].contains(steps[0]) && steps.count > 1
      ? "\(steps[0]).\(steps[1])" : String(steps[0])
  }
}

extension TrainingContext {
  /// Fills the pipeline with the weights that `training.initialise_from` names.
  ///
  /// Statistics come along: those of batch norms, and mean and deviation of standardised values where the file has them.
  ///
  /// - Returns: what to keep about them in the run's record.
  /// - Throws: `ConfigError` with everything that does not fit, at its keys; the pipeline is unchanged then. `DataError`
  ///   where a file went away meanwhile.
  mutating func initialise() throws -> [InitialWeights] {
    var (problems, loaded): ([Problem], [(loan: WeightLoan, values: [(parameter: Parameter, values: [Float])])]) = (
      [], []
    )
    for source in experiment.training.initialiseFrom {
      do throws(PipelineError) {
        let loan = try WeightLoan(source)
        loaded.append((loan, try loan.values(for: pipeline.store)))
      } catch { problems += error.problems }
    }
    guard problems.isEmpty else { throw experiment.diagnostics(for: problems) }
    let records = try loaded.map { try $0.loan.record(tensors: $0.values.count) }
    for (parameter, values) in loaded.flatMap(\.values) { parameter.value.storage.copy(values) }
    forgetStatistics { start in loaded.contains { $0.values.contains { $0.parameter.name.hasPrefix(start) } } }
    return records
  }
}

extension Experiment {
  /// What is wrong with the files of `training.initialise_from`, read no further than their headers.
  ///
  /// - Parameter inputs: the arrays by modality, and the shape of the output; nil: not known, and names and shapes are not
  ///   compared.
  func initialProblems(_ shapes: (inputs: [String: ArrayDescription], output: Shape)?) -> [Problem] {
    guard !training.initialiseFrom.isEmpty else { return [] }
    let store = shapes.flatMap { shapes in
      try? pipeline.build(
        inputs: shapes.inputs, output: shapes.output, standardisesTargets: task.standardisesTargets,
        device: Device(threads: 1), seed: seed
      ).store
    }
    return training.initialiseFrom.flatMap { source -> [Problem] in
      do throws(PipelineError) {
        let loan = try WeightLoan(source)
        return store.map(loan.problems) ?? []
      } catch { return error.problems }
    }
  }
}
