import ArgumentParser
import Foundation
import FusionAnalysis
import FusionConfig
import FusionCore
import FusionData
import FusionTraining

/// `fusionkit compare`: one table of many fusions, everything else being equal.
struct CompareCommand: ParsableCommand, StopsByItself {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Trains many fusions with the same data, encoders and budget, and tests their differences.",
    discussion: """
      Every fusion takes the place of the configuration's own, with the options and the training keys that the section \
      'compare' gives it; each modality is trained alone, too. What cannot be run is said with its reason before anything \
      is trained. Runs go side by side; after an interruption the same command does the rest, and more seeds or fusions \
      add to what is there.

      With --rates every method first gets the learning rate that is best for it on the validation part, with seeds of its \
      own. Differences are judged with five seeds or more; fewer say too little of other seeds.

      The folder gets table.md, table.csv, table.json and the runs.

      Examples:
        fusionkit compare configs/compare/hard_digits.yaml --fusions all --seeds 1,2,3,4,5
        fusionkit compare configs/late_fusion.yaml --fusions concat,add --rates 1e-3,2e-3,5e-3,1e-2
      """)

  @Argument(help: ArgumentHelp("Path of a configuration.", valueName: "config"))
  var config: String

  @Option(
    help: ArgumentHelp(
      "Names of fusions, or labels of the section 'compare'; 'all': whatever can be run.", valueName: "a,b,…"))
  var fusions: FusionList = .all

  @Option(help: ArgumentHelp("One run of each method for each seed.", valueName: "n,n,…"))
  var seeds = SeedList(values: [1, 2, 3, 4, 5])

  @Option(
    help: ArgumentHelp(
      "Learning rates: each method is run with the one that is best for it on the validation part.",
      valueName: "x,x,…"))
  var rates: RateList?

  @Option(
    help: ArgumentHelp(
      "Seeds with which rates are chosen; none that is compared.", valueName: "n,n,…"))
  var rateSeeds = SeedList(values: [101, 102])

  @Flag(help: "Draw the test part anew for each seed, where the data do not name it.")
  var resplit = false

  @Option(help: ArgumentHelp("What the others are tested against.", valueName: "fusion"))
  var baseline = "concat"

  @Option(
    help: ArgumentHelp(
      "What is compared, on the test part. (default: accuracy, f1_macro or r2, by the task)", valueName: "name"))
  var metric: String?

  @Flag(inversion: .prefixedNo, help: "Train each modality alone, too.")
  var single = true

  @Option(
    help: ArgumentHelp(
      "Where the table and the runs go: a name below outputs/, or a path with a slash. "
        + "(default: compare- and the configuration's name)", valueName: "name or path"))
  var output: String?

  @OptionGroup var overrides: OverrideOptions
  @OptionGroup var plugins: PluginOptions
  @OptionGroup var sharing: SideBySideOptions
  @OptionGroup var json: JSONOption

  @Flag(help: "No progress on standard error.")
  var quiet = false

  func validate() throws {
    if let output, output.isEmpty { throw ValidationError("--output is empty") }
    if rates != nil, let both = seeds.values.first(where: rateSeeds.values.contains) {
      throw ValidationError(
        "the seed \(both) is among --seeds and --rate-seeds: a rate that was chosen with a seed flatters on it")
    }
    if case .named(let names) = fusions, names.contains("") {
      throw ValidationError("--fusions takes names separated by commas, or 'all'")
    }
  }

  func run() throws {
    let known = try Registry.complete(plugins: plugins.paths)
    var experiment = try Experiment.load(path: config, overrides: overrides.set, registry: known)
    // With the libraries that the configuration names: 'all' means their fusions, too.
    let registry = try Registry.complete(plugins: experiment.plugins)
    let outline = try Trainer(experiment, threads: 1).outline()
    let metric = try chosenMetric(experiment, outline)
    // Runs have to measure what they are compared by.
    experiment = try experiment.measuring(metric, registry: registry)
    try checkData(outline)
    let plan = try ComparisonPlan(
      experiment, fusions: fusions.names, baseline: baseline, singleModalities: single, outline: outline,
      registry: registry)
    for (reason, methods) in plan.exclusionsByReason {
      Console.note(Console.paragraph("not compared: \(methods.joined(separator: ", ")): \(reason)"))
    }
    let folder = outputFolder(output, otherwise: "compare-" + experiment.name)
    try AtomicFile.makeFolder(folder)
    // One comparison a folder at a time.
    let log = try RunLog(RunFolder(folder), next: Console.progress(quiet: quiet))
    AbandonedFiles.remove(in: folder)
    let stop = StopFlag()
    let listener = stop.listen { Console.note("stopping after the steps under way; once more quits at once") }
    let (table, unevaluated) = try withExtendedLifetime(listener) {
      try self.table(plan, metric, in: folder, ProcessPool(places: sharing.places, stop: stop), progress: log)
    }
    try table.write(to: folder)
    if json.isOn { try Console.printJSON(table) } else { try Console.print(text(table, folder)) }
    guard table.failures == 0, unevaluated == 0 else {
      throw ComparisonIncomplete(methods: table.failures, evaluations: unevaluated)
    }
  }

  /// Chooses rates where they are asked for, then trains what is compared.
  private func table(
    _ plan: ComparisonPlan, _ metric: String, in folder: String, _ pool: ProcessPool, progress: any ProgressReporter
  ) throws -> (table: ComparisonTable, unevaluated: Int) {
    let trainer = Trainer(plan.experiment, threads: sharing.threads)
    func announce(_ words: String, _ count: Int, _ subfolder: String) {
      progress.report(
        .note(
          "\(plan.methods.count) methods, \(words): \(count) runs, \(sharing.places) at a time, in "
            + "\(folder)/\(subfolder)"))
    }
    var choices: [Result<RateChoice, RateFailure>]?
    if let rates {
      let search = RateSearch(rates: rates.values, seeds: rateSeeds.values)
      let runs = try search.runs(plan, in: folder)
      announce(
        "\(rates.values.count) rates, \(counted(rateSeeds.values.count, "seed")) to choose them by", runs.count, "rates"
      )
      try trainer.checkData(since: runs.map(\.job), of: folder)
      let outcomes = try search.train(runs, pool, threads: sharing.threads, progress: progress)
      choices = search.choices(plan, runs, outcomes, metric: metric)
    }
    let chosen = choices.map { $0.map { try? $0.get().rate } }
    let runs = try plan.runs(seeds: seeds.values, in: folder, rates: chosen, isResplit: resplit)
    announce("\(counted(seeds.values.count, "seed")) each", runs.count, resplit ? "runs-resplit" : "runs")
    try trainer.checkData(since: runs.map(\.job), of: folder)
    let outcomes = try pool.train(runs.map(\.job), threads: sharing.threads, progress: progress)
    let unevaluated = try plan.evaluateSubsets(
      runs, outcomes, pool: pool, threads: sharing.threads, progress: progress)
    let table = try ComparisonTable(
      plan, runs: runs, outcomes: outcomes, metric: metric, seeds: seeds.values, isResplit: resplit,
      rateSeeds: rates == nil ? nil : rateSeeds.values, choices: choices, command: command(metric),
      threads: ProcessInfo.processInfo.activeProcessorCount)
    return (table, unevaluated)
  }

  /// What `--rates` and `--resplit` ask of the data.
  private func checkData(_ outline: ExperimentOutline) throws {
    if rates != nil, outline.validationSamples == nil {
      throw UsageError("--rates chooses by the validation part, and there is none: set data.validation above 0")
    }
    if resplit, outline.testCut == nil {
      throw UsageError(
        "--resplit draws the test part anew, and that of \(outline.source) is given\n"
          + "  possible with: the data set arrays with data.files, or data.outer_fold")
    }
  }

  private func chosenMetric(_ experiment: Experiment, _ outline: ExperimentOutline) throws -> String {
    guard outline.testSamples != nil else {
      throw UsageError(
        "\(outline.source) has no test part with targets: there is nothing to compare on")
    }
    let name = metric ?? StandardMetrics.main(for: experiment.task.metricTask).name
    if let problem = outline.metrics.problem(with: name) { throw UsageError("\(problem.message)\n  \(problem.hint)") }
    return name
  }

  /// What makes the same table again.
  private func command(_ metric: String) -> String {
    var words = ["fusionkit", "compare", config, "--fusions", fusions.names?.joined(separator: ",") ?? "all"]
    words += ["--seeds", seeds.values.map(String.init).joined(separator: ",")]
    if let rates {
      words += ["--rates", rates.values.map { "\($0)" }.joined(separator: ",")]
      words += ["--rate-seeds", rateSeeds.values.map(String.init).joined(separator: ",")]
    }
    if resplit { words.append("--resplit") }
    if baseline != "concat" { words += ["--baseline", baseline] }
    if self.metric != nil { words += ["--metric", metric] }
    if !single { words.append("--no-single") }
    if let output { words += ["--output", output] }
    for path in plugins.paths { words += ["--plugin", path] }
    for override in overrides.set { words += ["--set", override] }
    return words.map(\.shellWord).joined(separator: " ")
  }

  private func text(_ table: ComparisonTable, _ folder: String) -> String {
    let columns = table.columns
    var rows = TextTable(columns.map(\.title), numeric: Set(columns.indices.filter { columns[$0].isNumeric }))
    for index in table.rows.indices { rows.add(columns.map { $0.cells[index] }) }
    var parts = [rows.text, Console.paragraph(table.explanation)]
    if !table.excluded.isEmpty {
      parts.append(Console.paragraph("Not compared: \(table.excluded.map(\.method).joined(separator: ", "))."))
    }
    if table.generatedData { parts.append(Console.paragraph(generatedDataNote)) }
    return (parts + ["tables: \(folder)/table.md, table.csv, table.json"]).joined(separator: "\n\n")
  }
}

/// Fusions by name, or all.
enum FusionList: ExpressibleByArgument {
  case all
  case named([String])

  init?(argument: String) {
    self =
      argument == "all"
      ? .all : .named(argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
  }

  var defaultValueDescription: String { names?.joined(separator: ",") ?? "all" }

  /// Nil for all.
  var names: [String]? {
    if case .named(let names) = self { names } else { nil }
  }
}

/// Learning rates: different numbers above 0.
struct RateList: ExpressibleByArgument {
  let values: [Double]

  init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    let values = numbers.compactMap { $0 }
    guard values.count == numbers.count, Set(values).count == values.count else { return nil }
    guard values.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    self.values = values
  }
}

/// Runs of a comparison failed.
struct ComparisonIncomplete: UserError {
  let methods: Int
  /// Evaluations with modalities missing that failed.
  let evaluations: Int
  var exitStatus: Int32 { 1 }
  var description: String {
    let parts =
      (methods > 0 ? ["runs of \(counted(methods, "method")) failed, see the table"] : [])
      + (evaluations > 0 ? ["\(counted(evaluations, "evaluation")) with modalities missing failed"] : [])
    return parts.joined(separator: "; ") + "; the same command tries them again"
  }
}
