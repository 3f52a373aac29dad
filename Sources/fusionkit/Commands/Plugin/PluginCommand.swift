import ArgumentParser

/// `fusionkit plugin`: plugins of one's own.
struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Makes plugins, and builds libraries of them.",
    subcommands: [NewPluginCommand.self, BuildPluginCommand.self])
}
