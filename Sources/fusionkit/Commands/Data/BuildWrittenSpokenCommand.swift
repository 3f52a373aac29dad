import ArgumentParser
import FusionCore
import FusionData

/// `fusionkit data build written-spoken`: images and mel-frequency cepstra of digits from MNIST and FSDD.
struct BuildWrittenSpokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "written-spoken",
    abstract: "Pairs MNIST's images with cepstra of the Free Spoken Digit Dataset.",
    discussion: """
      Images of 784 values and 39 frames of 13 MFCC, all from 0 to 1. The same options give the same bytes, the same seed \
      the pairs of avmnist. With --without-test-labels the test part's labels lie in OUT/withheld, where training, \
      evaluation and prediction do not look: move labels_test.npy up to score a model.

      Examples:
        fusionkit data build written-spoken --mnist raw/mnist --fsdd raw/fsdd --out data/written-spoken
        fusionkit data build written-spoken --mnist raw/mnist --fsdd raw/fsdd --out data/theo \\
          --hold-out-speaker theo
      """)

  @OptionGroup var sources: DigitSourceOptions

  @Option(help: ArgumentHelp("Decides the pairs.", valueName: "n"))
  var seed: UInt64 = 0

  @OptionGroup var pairs: DigitPairOptions

  @Flag(help: "Withhold the labels of the test part.")
  var withoutTestLabels = false

  @OptionGroup var threads: ThreadOption

  /// The options as the library takes them.
  private var builder: WrittenSpokenBuilder {
    var builder = WrittenSpokenBuilder(mnist: sources.mnist, fsdd: sources.fsdd, output: sources.out)
    builder.seed = seed
    builder.holdOutSpeaker = pairs.holdOutSpeaker
    builder.trainLimit = pairs.limitTrain
    builder.testLimit = pairs.limitTest
    builder.withholdsTestLabels = withoutTestLabels
    return builder
  }

  func validate() throws {
    guard builder.problems.isEmpty else { throw ValidationError(builder.problems.joined(separator: "\n")) }
  }

  func run() throws {
    try withStageProgress { progress throws(DataError) in
      try builder.build(device: threads.device, progress: progress)
    }
    try Console.print(Inspection(of: sources.out, device: threads.device).description)
  }
}
