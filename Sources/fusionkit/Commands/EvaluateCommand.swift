import ArgumentParser
import FusionConfig
import FusionCore
import FusionData
import FusionTraining

/// `fusionkit evaluate`: how good is a run?
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluates a run: metrics, confusion matrix, a table by class.",
    discussion: """
      Examples:
        fusionkit evaluate outputs/AVMNIST-LATE --split test
        fusionkit evaluate outputs/AVMNIST-LATE --subsets
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

  @OptionGroup var plugins: PluginOptions
  @OptionGroup var threads: ThreadOption
  @OptionGroup var json: JSONOption

  func validate() throws {
    if subsets, byGroup { throw ValidationError("--by-group and --subsets are two different tables: ask for one") }
  }

  func run() throws {
    let run = RunFolder(folder)
    // Other data are taken whole: a fold that was tested on is one of the run's own samples.
    let root = data.map { ["data.root=" + quotedYAML($0), "data.outer_fold=null"] } ?? []
    let experiment = try run.experiment(overrides: root, registry: Registry.complete(plugins: plugins.paths))
    let trainer = Trainer(experiment, threads: threads.count, progress: Console.remarks(only: json.isOn))
    let isGenerated = experiment.data.root.flatMap { try? Recipe.read(folder: $0) }?.generated ?? false
    if subsets { return try showSubsets(trainer, run, isGenerated: isGenerated) }
    let names = metrics?.names ?? []
    let evaluation: Evaluation
    var groups: [GroupEvaluation]?
    if byGroup {
      (evaluation, groups) = try trainer.evaluateGroups(run, split: split, metrics: names)
    } else {
      evaluation = try trainer.evaluate(run, split: split, metrics: names)
    }
    Console.noteAbsent(experiment.pipeline, evaluation.split)
    guard let report = EvaluationReport(evaluation, groups, run: run.path, isGenerated: isGenerated) else {
      throw DataError(
        data ?? run.path, "the part '\(split.rawValue)' has no targets", expected: "labels to compare with")
    }
    if json.isOn { return try Console.printJSON(report) }
    try Console.print(report.text)
  }

  private func showSubsets(_ trainer: Trainer, _ run: RunFolder, isGenerated: Bool) throws {
    let evaluations = try trainer.evaluateSubsets(run, split: split, metrics: metrics?.names ?? [])
    let pipeline = trainer.experiment.pipeline
    if let all = evaluations.first { Console.noteAbsent(pipeline, all.evaluation.split) }
    let report = SubsetsReport(
      evaluations, run: run.path, split: split.rawValue, fusion: pipeline.fusion, isGenerated: isGenerated)
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
