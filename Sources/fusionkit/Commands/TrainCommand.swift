import ArgumentParser
import FusionConfig
import FusionCore
import FusionExperiments
import FusionTraining

/// `fusionkit train`: from a configuration to a run folder.
struct TrainCommand: ParsableCommand, StopsByItself {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains a configuration, evaluates it on the test part, writes a run folder.",
    discussion: """
      Ctrl-C stops after the step under way and leaves a run that can be resumed to the same bits (exit status 130); a \
      second one quits at once.

      Examples:
        fusionkit train configs/late_fusion.yaml --output AVMNIST-LATE
        fusionkit train configs/add_fusion.yaml --set training.epochs=5 --seeds 1,2,3
        fusionkit train --resume outputs/AVMNIST-LATE
      """)

  @Argument(help: ArgumentHelp("Path of a configuration.", valueName: "config"))
  var config: String?

  @Option(help: ArgumentHelp("Continue this run.", valueName: "run"))
  var resume: String?

  @Option(
    help: ArgumentHelp(
      "Where the run goes: a name below outputs/, or a path with a slash. (default: the configuration's name)",
      valueName: "name or path"))
  var output: String?

  @OptionGroup var overrides: OverrideOptions

  @Option(help: ArgumentHelp("Train one run for each seed; print mean and deviation.", valueName: "n,n,…"))
  var seeds: SeedList?

  @OptionGroup var plugins: PluginOptions
  @OptionGroup var threads: ThreadOption

  @Flag(help: "Replace a run that lies in the output folder.")
  var overwrite = false

  @Flag(help: "Record the whole content of the data, not a sample, and compare it when the run is resumed.")
  var verifyData = false

  @Flag(help: "No progress on standard error.")
  var quiet = false

  func validate() throws {
    guard (config == nil) != (resume == nil) else {
      throw ValidationError("either a configuration or --resume is needed" + (config == nil ? "" : ", not both"))
    }
    if resume != nil, output != nil || seeds != nil || overwrite {
      throw ValidationError("--resume goes on in the run's own folder, without --output, --seeds and --overwrite")
    }
    if let output, output.isEmpty { throw ValidationError("--output is empty") }
  }

  func run() throws {
    let registry = try Registry.complete(plugins: plugins.paths)
    if let resume {
      let run = RunFolder(resume)
      let experiment = try run.experiment(overrides: overrides.set, registry: registry)
      let summary = try stoppable(experiment) { try $0.resume(run) }
      return try Console.print(RunReport.text(of: summary, in: run))
    }
    guard let config else { return }
    let experiment = try Experiment.load(path: config, overrides: overrides.set, registry: registry)
    let folder = outputFolder(output, otherwise: experiment.name)
    if let seeds {
      let summary = try stoppable(experiment) {
        try $0.train(seeds: seeds.values, into: folder, overwrite: overwrite, registry: registry)
      }
      return try Console.print(RunReport.text(of: summary, in: folder))
    }
    let run = RunFolder(folder)
    if run.state == .foreign, !run.seedRuns.isEmpty {
      throw RunFolderError.runsOfSeeds(
        path: run.path, runs: run.seedRuns.map(\.path), advice: "choose another --output, or --overwrite one of them")
    }
    let summary = try stoppable(experiment) { try $0.train(into: run, overwrite: overwrite) }
    try Console.print(RunReport.text(of: summary, in: run))
  }

  /// Runs a training that signals can stop.
  private func stoppable<Summary>(_ experiment: Experiment, _ body: (Trainer) throws -> Summary) throws -> Summary {
    let stop = StopFlag()
    let listener = stop.listen { Console.note("stopping after the step under way; once more quits at once") }
    return try withExtendedLifetime(listener) {
      try body(
        Trainer(
          experiment, threads: threads.count, progress: Console.progress(quiet: quiet), stop: stop,
          verifiesData: verifyData))
    }
  }
}

/// `1,2,3`.
struct SeedList: ExpressibleByArgument {
  let values: [UInt64]

  init(values: [UInt64]) { self.values = values }

  init?(argument: String) {
    let values = argument.split(separator: ",", omittingEmptySubsequences: false).map { UInt64($0) }
    guard !values.isEmpty, !values.contains(nil), Set(values).count == values.count else { return nil }
    self.values = values.compactMap { $0 }
  }

  var defaultValueDescription: String { values.map(String.init).joined(separator: ",") }
}
