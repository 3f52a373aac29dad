import ArgumentParser

/// What pairs of digits are made from, and where they go.
struct DigitSourceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The folder of MNIST's four IDX files, plain or gzip'd.", valueName: "folder"))
  var mnist: String

  @Option(help: ArgumentHelp("The folder of FSDD's recordings, or the one above.", valueName: "folder"))
  var fsdd: String

  @Option(help: ArgumentHelp("The folder of the data set.", valueName: "folder"))
  var out: String
}

/// Which pairs of digits are made.
struct DigitPairOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A speaker who is heard in the test part only.", valueName: "name"))
  var holdOutSpeaker: String?

  @Option(help: ArgumentHelp("The first training pairs only.", valueName: "n"))
  var limitTrain: Int?

  @Option(help: ArgumentHelp("The first test pairs only.", valueName: "n"))
  var limitTest: Int?
}
