import ArgumentParser

/// `fusionkit data`: making data sets and looking into them.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Makes data sets and shows what is in them.",
    subcommands: [DemoCommand.self, BuildCommand.self, InspectCommand.self])

  /// `fusionkit data build`.
  struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "build",
      abstract: "Makes a data set from raw files.",
      subcommands: [BuildAVMNISTCommand.self, BuildWrittenSpokenCommand.self])
  }
}
