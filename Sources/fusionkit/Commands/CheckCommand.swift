import ArgumentParser
import FusionConfig
import FusionCore
import FusionTraining

/// `fusionkit check`: is a configuration sound, as far as can be told within a moment?
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validates configurations, with a glance at their data.",
    discussion: """
      Shows everything that is wrong in all files, with file, line and column; exits with 2 then. Where the data are there, \
      names of files, members and columns, shapes, task and class weights are held against their headers; the line of a \
      configuration whose data are not there says so.

      Example:
        fusionkit check configs/*.yaml
      """)

  @Argument(help: ArgumentHelp("Paths of configurations.", valueName: "config"))
  var configs: [String]

  @OptionGroup var overrides: OverrideOptions
  @OptionGroup var plugins: PluginOptions

  func run() throws {
    let registry = try Registry.complete(plugins: plugins.paths)
    var isSound = true
    for path in configs {
      let unchecked: String?
      do {
        let experiment = try Experiment.load(path: path, overrides: overrides.set, registry: registry)
        _ = try experiment.trials(registry: registry)
        let survey = try experiment.survey()
        guard survey.problems.isEmpty else { throw experiment.diagnostics(for: survey.problems) }
        unchecked = survey.unchecked
        if let shapes = KnownShapes.declared(by: experiment) {
          let burdens = try experiment.inferred(shapes).burdens(batchSize: experiment.training.batchSize)
          for burden in burdens { Console.note("\(path): warning: \(burden)") }
        }
      } catch let error as ConfigError {
        Console.note(error.description)
        isSound = false
        continue
      }
      try Console.print("ok  \(path)" + (unchecked.map { "   without data: \($0)" } ?? ""))
    }
    if !isSound { throw ExitCode(2) }
  }
}
