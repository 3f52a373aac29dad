import ArgumentParser
import FusionConfig
import FusionCore
import FusionData
import FusionTraining
import PluginLoading

/// `fusionkit evaluate`: how good is a run?
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluates a run: metrics, confusion matrix, a table by class.",
    discussion: """
      Examples:
        fusionkit evaluate outputs/AVMNIST-LATE --split test
        fusionkit evaluate outputs/AVMNIST-LATE --subsets
        fusionkit evaluate outputs/AVMNIST-LATE --corrupt audio=gaussian_noise:0.5
      """)

  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
  var folder: String

  @Option(help: "The part of the data: train, validation or test.")
  var split = SplitName.test

  @Option(help: ArgumentHelp("Other data of the same form. (default: those it was trained on)", valueName: "folder"))
  var data: String?

  @Flag(help: "Instead: the metrics for every subset of the modalities, the others taken for missing.")
  var subsets = false

  @Flag(help: "Besides: the metrics of each group of samples, where the data name groups.")
  var byGroup = false

  @Option(help: ArgumentHelp("Metrics beside the usual ones; 'fusionkit list metrics' names all.", valueName: "a,b,…"))
  var metrics: MetricList?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Change the samples first, by a transform of a strength, or with its options: audio='{type: …}'; repeatable.",
      valueName: "modality=name:strength"))
  var corrupt: [String] = []

  @OptionGroup var plugins: PluginOptions
  @OptionGroup var threads: ThreadOption
  @OptionGroup var json: JSONOption

  func validate() throws {
    if subsets, byGroup { throw ValidationError("--by-group and --subsets are two different tables: ask for one") }
  }

  func run() throws {
    let run = RunFolder(folder)
    // Other data are taken whole: a fold that was tested on is one of the run's own samples.
    let root = data.map { [Experiment.override("data.root", text: $0), "data.outer_fold=null"] } ?? []
    let registry = try Registry.complete(plugins: plugins.paths)
    let experiment = try run.experiment(overrides: root, registry: registry)
    let corruptions = try corruptions(of: experiment, registry)
    let trainer = Trainer(experiment, threads: threads.count, progress: Console.remarks(only: json.isOn))
    let isGenerated = experiment.data.root.flatMap { try? Recipe.read(folder: $0) }?.generated ?? false
    if subsets { return try showSubsets(trainer, run, corruptions, isGenerated: isGenerated) }
    let names = metrics?.names ?? []
    let evaluation: Evaluation
    var groups: [GroupEvaluation]?
    if byGroup {
      (evaluation, groups) = try trainer.evaluateGroups(
        run, split: split, metrics: names, corruptions: corruptions)
    } else {
      evaluation = try trainer.evaluate(run, split: split, metrics: names, corruptions: corruptions)
    }
    Console.noteAbsent(experiment.pipeline, evaluation.split)
    guard
      let report = EvaluationReport(
        evaluation, groups, run: run.path, isGenerated: isGenerated, corruptions: corruptions.map { CorruptionRow($0) })
    else {
      throw DataError(
        data ?? run.path, "the part '\(split.rawValue)' has no targets", expected: "labels to compare with")
    }
    if json.isOn { return try Console.printJSON(report) }
    try Console.print(report.text)
  }

  /// What `--corrupt` asks for, with the transforms of the run's own libraries too; everything wrong at once.
  private func corruptions(of experiment: Experiment, _ registry: Registry) throws -> [Corruption] {
    guard !corrupt.isEmpty else { return [] }
    var registry = registry
    for library in experiment.plugins { try registry.load(library: library) }
    return try Corruption.read(corrupt, modalities: experiment.pipeline.branches.map { $0.name }, registry: registry)
  }

  private func showSubsets(
    _ trainer: Trainer, _ run: RunFolder, _ corruptions: [Corruption], isGenerated: Bool
  ) throws {
    let evaluations = try trainer.evaluateSubsets(
      run, split: split, metrics: metrics?.names ?? [], corruptions: corruptions)
    let pipeline = trainer.experiment.pipeline
    if let all = evaluations.first { Console.noteAbsent(pipeline, all.evaluation.split) }
    let report = SubsetsReport(
      evaluations, run: run.path, split: split.rawValue, fusion: pipeline.fusion, isGenerated: isGenerated,
      corruptions: corruptions.map { CorruptionRow($0) })
    if json.isOn { try Console.printJSON(report) } else { try Console.print(report.text) }
  }
}

extension SplitName: ExpressibleByArgument {}

/// Names of metrics, separated by commas.
struct MetricList: ExpressibleByArgument {
  let names: [String]

  init?(argument: String) {
    names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !names.contains("") else { return nil }
  }
}
