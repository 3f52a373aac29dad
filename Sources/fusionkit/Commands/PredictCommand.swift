import ArgumentParser
import FusionConfig
import FusionCore
import FusionData
import FusionTraining

/// `fusionkit predict`: what a run's weights say about samples without labels.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predicts for a folder of data, or for one sample.",
    discussion: """
      For a folder: a CSV of id,prediction on standard output or in a file; with --logits also a column logit_<class> \
      for each class. Several labels stand in one cell as joy|fear; a cell that a spreadsheet would take for a formula \
      begins with an apostrophe. For one sample, by its index or from files: the probability of each class. With --json, a line for each \
      sample: id, prediction, probabilities or values, and the label where the data have it. Uses whatever weights lie in the \
      run's model.safetensors. Modalities may be missing: then what the fusion declares takes their place.

      Examples:
        fusionkit predict outputs/AVMNIST-LATE --data data/avmnist -o predictions.csv
        fusionkit predict outputs/AVMNIST-LATE --data data/avmnist --header id,label -o submission.csv
        fusionkit predict outputs/AVMNIST-LATE --data data/avmnist --index 7
        fusionkit predict outputs/AVMNIST-LATE --input image=seven.npy --input audio=seven_spoken.npy
      """)

  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
  var folder: String

  @Option(
    help: ArgumentHelp("Data in the form of those the run was trained on; labels may be missing.", valueName: "folder"))
  var data: String?

  @Option(help: "The part: train, validation or test. (default: test, else the one that is there)")
  var split: SplitName?

  @Flag(help: "Also the logits, one column for each class.")
  var logits = false

  @Option(
    name: [.short, .long], help: ArgumentHelp("Write the CSV to this file; -: standard output.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The names of the first two columns, as a competition asks for. (default: id,prediction)", valueName: "id,name"))
  var header: ColumnNames?

  @Option(help: ArgumentHelp("Only the sample of this index, counted from 0.", valueName: "n"))
  var index: Int?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "One sample, an array file for each modality at hand; file:member for npz.", valueName: "modality=file"))
  var input: [ModalityFile] = []

  @OptionGroup var plugins: PluginOptions
  @OptionGroup var threads: ThreadOption

  @Flag(name: .customLong("json"), help: "Print a line of JSON for each sample, as a server would answer.")
  var json = false

  private var isOneSample: Bool { index != nil || !input.isEmpty }

  func validate() throws {
    guard (data == nil) != input.isEmpty else {
      throw ValidationError("either --data or --input is needed" + (data == nil ? "" : ", not both"))
    }
    if !input.isEmpty, index != nil || split != nil { throw ValidationError("--index and --split belong to --data") }
    if json, output != nil { throw ValidationError("--output writes CSV: leave --json out") }
    if header != nil, isOneSample, output == nil {
      throw ValidationError("--header names the columns of a CSV: add --output, or leave --index and --input out")
    }
    if output == "" { throw ValidationError("--output is empty") }
  }

  func run() throws {
    let run = RunFolder(folder)
    let experiment = try run.experiment(registry: Registry.complete(plugins: plugins.paths))
    let trainer = Trainer(experiment, threads: threads.count, progress: Console.progress(quiet: isOneSample || json))
    let samples = try data.map { try part(of: $0, experiment) } ?? givenSample(for: run, experiment)
    Console.noteAbsent(experiment.pipeline, samples)
    let prediction = try trainer.predict(run, samples)
    if json {
      let lines = try prediction.samples(logits: logits).map { jsonText($0, pretty: false) + "\n" }
      return try Console.print(lines.joined())
    }
    if output != nil || !isOneSample {
      let csv = prediction.csv(logits: logits, header: header?.names ?? ("id", "prediction"))
      if let output, output != "-" { return try AtomicFile.write(csv, to: output) }
      return try Console.print(csv)
    }
    try Console.print(SampleReport(prediction, task: experiment.task, logits: logits).text)
  }

  /// A part of a folder, or one of its samples.
  private func part(of folder: String, _ experiment: Experiment) throws -> DataSplit {
    let set = try experiment.openData(root: folder)
    for text in set.notes { Console.note("warning: \(text)") }
    guard let part = try split.map({ try set.split($0) }) ?? set.test ?? set.splits.first else {
      throw DataError(folder, "holds no samples")
    }
    guard let index else { return part }
    guard part.rows.indices.contains(index) else {
      throw UsageError("there is no sample \(index): the part '\(part.name)' has the samples 0 to \(part.count - 1)")
    }
    return part.with(rows: [part.rows[index]])
  }

  /// The sample that `--input` gives, a file for each modality that it has.
  private func givenSample(for run: RunFolder, _ experiment: Experiment) throws -> DataSplit {
    let modalities = experiment.pipeline.branches.map { $0.name }
    let problems =
      input.filter { !modalities.contains($0.modality) }.map { "there is no modality '\($0.modality)'" }
      + modalities.filter { name in input.count { $0.modality == name } > 1 }
      .map { "--input \($0)=FILE is given more than once" }
    guard problems.isEmpty else {
      throw UsageError(
        problems.joined(separator: "\n  ") + "\n  the model takes: \(modalities.joined(separator: ", "))")
    }
    let record = try RunEnvironment.read(from: run).data
    let header = experiment.data.tableHeader
    var arrays: [ModalityArray] = []
    var errors: [DataError] = []
    for name in modalities {
      guard let file = input.first(where: { $0.modality == name })?.file else { continue }
      guard let shape = record.arrays[name]?.shape else {
        throw RunFolderError.notARun(path: run.path, missing: "the shape of '\(name)' in environment.json")
      }
      do throws(DataError) {
        arrays.append(
          ModalityArray(
            name, try StoredArray(oneSample: file, shape: shape, header: header).scanned(device: threads.device)))
      } catch { errors.append(error) }
    }
    guard errors.isEmpty else { throw DataError(gathering: errors) }
    return try DataSplit(name: "input", modalities: arrays, targets: nil)
  }
}

/// `image=seven.npy`.
struct ModalityFile: ExpressibleByArgument {
  let modality: String
  let file: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    (modality, file) = (String(parts[0]), String(parts[1]))
  }
}

/// `id,label`.
struct ColumnNames: ExpressibleByArgument {
  let names: (id: String, prediction: String)

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts.contains(""), parts[0] != parts[1] else { return nil }
    names = (parts[0], parts[1])
  }
}
