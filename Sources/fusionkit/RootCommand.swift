import ArgumentParser
import FusionCore

/// `fusionkit`: the commands in the order in which a newcomer meets them.
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fusionkit",
    abstract: "Trains, compares and explains multimodal models composed from a YAML file.",
    discussion: """
      A first run, on generated digits:
        fusionkit data demo --out data/demo
        fusionkit train configs/late_fusion.yaml --set data.root=data/demo

      Exit status: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted.
      """,
    version: "fusionkit " + FusionKit.version,
    subcommands: [
      TrainCommand.self, CompareCommand.self, SweepCommand.self, EvaluateCommand.self, PredictCommand.self,
      EmbedCommand.self, ExportCommand.self,
      ListCommand.self,
      DescribeCommand.self,
      CheckCommand.self, SchemaCommand.self, DataCommand.self, BenchCommand.self, ConformanceCommand.self,
      PluginCommand.self,
    ])

  static let _errorLabel = "error"
}
