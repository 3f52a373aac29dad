import ArgumentParser

/// `fusionkit plugin`: plugins of one's own.
struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Makes plugins.",
    subcommands: [NewPluginCommand.self])
}
