import ArgumentParser
import FusionCore
import FusionData

/// `fusionkit data build avmnist`: pairs of written and spoken digits from MNIST and FSDD.
struct BuildAVMNISTCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "avmnist",
    abstract: "Pairs MNIST's images with recordings of the Free Spoken Digit Dataset.",
    discussion: """
      The same options give the same bytes. Clean digits saturate every method; the second example makes the hard set on \
      which methods differ.

      Examples:
        fusionkit data build avmnist --mnist raw/mnist --fsdd raw/fsdd --out data/avmnist
        fusionkit data build avmnist --mnist raw/mnist --fsdd raw/fsdd --out data/hard \\
          --image-components 4 --audio-snr 0 --audio-noise babble --hold-out-speaker yweweler
      """)

  @OptionGroup var sources: DigitSourceOptions

  @Option(help: ArgumentHelp("Decides pairs and noise.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Keep so many principal components of the images.", valueName: "n"))
  var imageComponents: Int?

  @Option(help: ArgumentHelp("Keep this share of the images' variance, for example 0.25.", valueName: "share"))
  var imageEnergy: Double?

  @Option(
    name: .customLong("audio-snr"), help: ArgumentHelp("Add noise so many decibels below the speech.", valueName: "dB"))
  var audioSNR: Double?

  @Option(help: "Which noise: babble (four other recordings) or white. (default: babble)")
  var audioNoise: AudioNoise?

  @OptionGroup var pairs: DigitPairOptions
  @OptionGroup var threads: ThreadOption

  /// The options as the library takes them.
  private var builder: AVMNISTBuilder {
    var builder = AVMNISTBuilder(mnist: sources.mnist, fsdd: sources.fsdd, output: sources.out)
    builder.seed = seed
    builder.imageComponents = imageComponents
    builder.imageEnergy = imageEnergy
    builder.audioSNR = audioSNR
    builder.audioNoise = audioNoise ?? .babble
    builder.holdOutSpeaker = pairs.holdOutSpeaker
    builder.trainLimit = pairs.limitTrain
    builder.testLimit = pairs.limitTest
    return builder
  }

  func validate() throws {
    guard audioNoise == nil || audioSNR != nil else {
      throw ValidationError("--audio-noise needs --audio-snr, the ratio in decibels, for example --audio-snr 0")
    }
    guard builder.problems.isEmpty else { throw ValidationError(builder.problems.joined(separator: "\n")) }
  }

  func run() throws {
    try withStageProgress { progress throws(DataError) in
      try builder.build(device: threads.device, progress: progress)
    }
    try Console.print(Inspection(of: sources.out, device: threads.device).description)
  }
}

extension AudioNoise: ExpressibleByArgument {}
