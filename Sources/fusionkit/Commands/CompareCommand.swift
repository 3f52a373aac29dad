import ArgumentParser
import Foundation
import FusionAnalysis
import FusionConfig
import FusionCore
import FusionTraining

/// `fusionkit compare`: one table of many fusions, everything else being equal.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Trains many fusions with the same data, encoders and budget, and tests their differences.",
    discussion: """
      Every fusion takes the place of the configuration's own, with the options that the section 'compare' gives it; each \
      modality is trained alone, too. What cannot be run is said with its reason before anything is trained. Runs go side \
      by side; after an interruption the same command does the rest, and more seeds or fusions add to what is there.

      The folder gets table.md, table.csv, table.json and the runs.

      Examples:
        fusionkit compare configs/compare/hard_digits.yaml --fusions all --seeds 1,2,3
        fusionkit compare configs/late_fusion.yaml --fusions concat,add,multiply --seeds 1,2,3,4,5
      """)

  @Argument(help: ArgumentHelp("Path of a configuration.", valueName: "config"))
  var config: String

  @Option(
    help: ArgumentHelp(
      "Names of fusions, or labels of the section 'compare'; 'all': whatever can be run.", valueName: "a,b,…"))
  var fusions: FusionList = .all

  @Option(help: ArgumentHelp("One run of each method for each seed.", valueName: "n,n,…"))
  var seeds = SeedList(values: [1, 2, 3])

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
    if case .named(let names) = fusions, names.contains("") {
      throw ValidationError("--fusions takes names separated by commas, or 'all'")
    }
  }

  func run() throws {
    let known = try Registry.complete(plugins: plugins.paths)
    let experiment = try Experiment.load(path: config, overrides: overrides.set, registry: known)
    // With the libraries that the configuration names: 'all' means their fusions, too.
    let registry = try Registry.complete(plugins: experiment.plugins)
    let outline = try Trainer(experiment, threads: 1).outline()
    let metric = try chosenMetric(experiment, outline)
    let plan = try ComparisonPlan(
      experiment, fusions: fusions.names, baseline: baseline, singleModalities: single, outline: outline,
      registry: registry)
    let progress = Console.progress(quiet: quiet)
    for exclusion in plan.exclusions { Console.note("not compared: \(exclusion.method): \(exclusion.reason)") }
    let folder = outputFolder(output, otherwise: "compare-" + experiment.name)
    let jobs = try plan.jobs(seeds: seeds.values, in: folder)
    progress.report(
      .note(
        "\(plan.methods.count) methods, \(seeds.values.count) seeds each: \(jobs.count) runs, "
          + "\(sharing.places) at a time, in \(folder)/runs"))
    let stop = StopFlag()
    let listener = stop.listen { Console.note("stopping after the steps under way; once more quits at once") }
    let table = try withExtendedLifetime(listener) {
      let pool = ProcessPool(places: sharing.places, stop: stop)
      let outcomes = try pool.train(jobs, threads: sharing.threads, progress: progress)
      try plan.evaluateSubsets(jobs, outcomes, pool: pool, threads: sharing.threads, progress: progress)
      return try ComparisonTable(
        plan, jobs: jobs, outcomes: outcomes, metric: metric, seeds: seeds.values, command: command(metric))
    }
    try table.write(to: folder)
    if json.isOn { try Console.printJSON(table) } else { try Console.print(text(table, folder)) }
    guard table.failures == 0 else { throw ComparisonIncomplete(methods: table.failures, folder: folder) }
  }

  private func chosenMetric(_ experiment: Experiment, _ outline: ExperimentOutline) throws -> String {
    guard outline.testSamples != nil else {
      throw UsageError(
        "\(outline.source) has no test part with targets: there is nothing to compare on")
    }
    let usual =
      switch experiment.task {
      case .classification: "accuracy"
      case .multilabel: "f1_macro"
      case .regression: "r2"
      }
    let name = metric ?? usual
    guard outline.metrics.contains(name) else {
      let nearest = nearestSpelling(of: name, among: outline.metrics).map { ": did you mean '\($0)'?" } ?? ""
      throw UsageError(
        "there is no metric '\(name)' for this task\(nearest)\n  available: \(outline.metrics.joined(separator: ", "))")
    }
    return name
  }

  /// What makes the same table again.
  private func command(_ metric: String) -> String {
    var words = ["fusionkit", "compare", config, "--fusions", fusions.names?.joined(separator: ",") ?? "all"]
    words += ["--seeds", seeds.values.map(String.init).joined(separator: ",")]
    if baseline != "concat" { words += ["--baseline", baseline] }
    if self.metric != nil { words += ["--metric", metric] }
    if !single { words.append("--no-single") }
    for path in plugins.paths { words += ["--plugin", path] }
    for override in overrides.set { words += ["--set", override] }
    return words.map(\.quotedForShells).joined(separator: " ")
  }

  private func text(_ table: ComparisonTable, _ folder: String) -> String {
    let columns = table.columns
    var rows = TextTable(columns.map(\.title), numeric: Set(columns.indices.filter { columns[$0].isNumeric }))
    for index in table.rows.indices { rows.add(columns.map { $0.cells[index] }) }
    var parts = [rows.text, table.explanation]
    if !table.excluded.isEmpty {
      parts.append("Not compared: \(table.excluded.map(\.method).joined(separator: ", ")).")
    }
    if table.generatedData { parts.append(generatedDataNote) }
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

/// Runs of a comparison failed.
struct ComparisonIncomplete: UserError {
  let methods: Int
  let folder: String
  var exitStatus: Int32 { 1 }
  var description: String {
    "runs of \(methods) method\(methods == 1 ? "" : "s") failed, see the table; the same command tries them again"
  }
}

extension String {
  /// As one word of a shell's command line.
  fileprivate var quotedForShells: String {
    let isPlain = !isEmpty && allSatisfy { $0.isLetter || $0.isNumber || "-_./,=".contains($0) }
    return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
  }
}
