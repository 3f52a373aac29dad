import ArgumentParser
import FusionConfig
import FusionCore

/// `fusionkit check`: is a configuration sound, as far as can be told without data?
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validates configurations without data.",
    discussion: """
      Shows everything that is wrong in all files, with file, line and column; exits with 2 then.

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
      do throws(ConfigError) {
        let experiment = try Experiment.load(path: path, overrides: overrides.set, registry: registry)
        _ = try experiment.trials(registry: registry)
        if let shapes = KnownShapes.declared(by: experiment) {
          let burdens = try experiment.inferred(shapes).burdens(batchSize: experiment.training.batchSize)
          for burden in burdens { Console.note("\(path): warning: \(burden)") }
        }
      } catch {
        Console.note(error.description)
        isSound = false
        continue
      }
      try Console.print("ok  \(path)")
    }
    if !isSound { throw ExitCode(2) }
  }
}
