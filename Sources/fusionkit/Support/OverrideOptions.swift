import ArgumentParser

/// `--set KEY=VALUE`, as often as one likes.
struct OverrideOptions: ParsableArguments {
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Set a key of the configuration, for example training.epochs=5; repeatable.", valueName: "key=value"))
  var set: [String] = []
}
