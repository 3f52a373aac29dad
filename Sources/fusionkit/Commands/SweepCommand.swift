import ArgumentParser
import Foundation
import FusionConfig
import FusionCore
import FusionExperiments
import FusionTraining

/// `fusionkit sweep`: which hyper-parameters are best?
struct SweepCommand: ParsableCommand, StopsByItself {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Searches for the best hyper-parameters, as the configuration's 'sweep' says.",
    discussion: """
      Trials are trainings in processes of their own, side by side with --jobs. Ctrl-C stops them after the step under \
      way (exit status 130); the same command goes on from there. Trials that an accident kept from being done (a full disk, a \
      signal) are missing, exit status 1; the same command tries them again. The folder gets trials.csv, README.md and winner.yaml, \
      a configuration for 'fusionkit train'.

      Examples:
        fusionkit sweep configs/search.yaml --jobs 2
        fusionkit sweep configs/search.yaml --set sweep.sampler.trials=40
      """)

  @Argument(help: ArgumentHelp("Path of a configuration with a section 'sweep'.", valueName: "config"))
  var config: String

  @Option(
    help: ArgumentHelp(
      "Where the search goes: a name below outputs/, or a path with a slash. (default: sweep- and the name)",
      valueName: "name or path"))
  var output: String?

  @OptionGroup var overrides: OverrideOptions

  @Option(help: ArgumentHelp("Number of trainings side by side; never changes a result.", valueName: "n"))
  var jobs = 1

  @Option(
    help: ArgumentHelp(
      "Number of threads of each training; never changes a result. (default: the cores, shared among the jobs)",
      valueName: "n"))
  var threads: Int?

  @Flag(help: "Replace a search that lies in the output folder.")
  var overwrite = false

  @Flag(help: "No progress on standard error.")
  var quiet = false

  @OptionGroup var json: JSONOption

  @OptionGroup var plugins: PluginOptions

  func validate() throws {
    if !(1...256 ~= jobs) { throw ValidationError("--jobs takes a number from 1 to 256, not \(jobs)") }
    if let threads, !(1...1024 ~= threads) {
      throw ValidationError("--threads takes a number from 1 to 1024, not \(threads)")
    }
    if let output, output.isEmpty { throw ValidationError("--output is empty") }
  }

  func run() throws {
    let registry = try Registry.complete(plugins: plugins.paths)
    let experiment = try Experiment.load(path: config, overrides: overrides.set, registry: registry)
    let name = output ?? "sweep-" + experiment.name
    let folder = SweepFolder(name.contains("/") ? name : "outputs/" + name)
    let stop = StopFlag()
    let listener = stop.listen { Console.note("stopping after the steps under way; once more quits at once") }
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let search = Sweep(
      experiment, registry: registry, folder: folder, pool: ProcessPool(places: jobs, stop: stop),
      threads: threads ?? max(1, cores / jobs), options: plugins.paths.flatMap { ["--plugin", $0] },
      progress: Console.progress(quiet: quiet))
    let summary = try withExtendedLifetime(listener) { try search.run(overwrite: overwrite) }
    try Console.print(json.isOn ? summary.json : SweepReport.text(of: summary, in: folder))
    guard summary.missing == 0 else { throw SweepIncomplete(summary) }
  }
}
