import ArgumentParser
import FusionCore
import FusionData

/// `fusionkit data demo`: digits by formula.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Generates drawn and spoken digits by formula, in AV-MNIST's layout.",
    discussion: """
      For a first run, without network. Results on them say nothing about real digits and are labelled so.

      Example:
        fusionkit data demo --out data/demo
      """)

  @Option(help: ArgumentHelp("The folder of the data set.", valueName: "folder"))
  var out: String

  @Option(help: ArgumentHelp("Training pairs.", valueName: "n"))
  var train = 2000

  @Option(help: ArgumentHelp("Test pairs.", valueName: "n"))
  var test = 500

  @Option(help: ArgumentHelp("Another seed gives other digits.", valueName: "n"))
  var seed: UInt64 = 0

  @OptionGroup var threads: ThreadOption

  func validate() throws {
    guard 1...1_000_000 ~= train, 1...1_000_000 ~= test else {
      throw ValidationError("--train and --test take a number from 1 to 1000000")
    }
  }

  func run() throws {
    var builder = DemoBuilder(output: out)
    builder.trainCount = train
    builder.testCount = test
    builder.seed = seed
    try withStageProgress { progress throws(DataError) in
      try builder.build(device: threads.device, progress: progress)
    }
    try Console.print(Inspection(of: out, device: threads.device).description)
  }
}
