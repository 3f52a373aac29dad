import ArgumentParser
import FusionConfig
import FusionCore
import Optimizers

/// `fusionkit bench`: samples per second on random data.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures training and inference speed on random data.",
    discussion: """
      Without a configuration: two LeNets (28x28 and 112x112), the fusion, a head of 100, SGD, as in the scripts that \
      measure PyTorch. No files and no loader are involved.

      Example:
        fusionkit bench --fusion concat --batch 40 --threads 2 --json
        fusionkit bench configs/late_fusion.yaml --layers
      """)

  @Argument(help: ArgumentHelp("Measure this configuration's pipeline.", valueName: "config"))
  var config: String?

  @Option(help: "Measure the standard pipeline with this fusion. (default: concat)")
  var fusion: String?

  @Option(help: "Samples in a batch.")
  var batch = 40

  @Option(help: "Samples in a round.")
  var samples = 2000

  @Option(help: "Rounds that are measured.")
  var rounds = 5

  @OptionGroup var plugins: PluginOptions
  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print where a step's time goes, and the share of the machine's peak.")
  var layers = false

  @Flag(name: .customLong("json"), help: "Print one line of JSON.")
  var json = false

  func validate() throws {
    guard config == nil || fusion == nil else {
      throw ValidationError(
        "either a configuration, which has its own fusion, or --fusion for the standard pipeline, not both")
    }
    guard batch >= 1, rounds >= 1, samples >= batch else {
      throw ValidationError("--batch and --rounds take numbers from 1, --samples at least one batch")
    }
    // All batches of a round lie in memory at once.
    guard batch <= 65_536, samples <= 1_000_000, rounds <= 10_000 else {
      throw ValidationError("at most 65536 samples in a batch, 1000000 in a round, 10000 rounds")
    }
  }

  func run() throws {
    let registry = try Registry.complete(plugins: plugins.paths)
    let experiment =
      try config.map { try Experiment.load(path: $0, registry: registry) }
      ?? StandardPipeline.experiment(fusion: fusion ?? "concat", registry)
    let device = threads.device
    let pipeline = try pipeline(experiment, device)
    var configuration = SGD.Configuration()
    (configuration.learningRate, configuration.weightDecay) = (0.01, 1e-4)
    let optimizer = SGD(configuration, parameters: pipeline.store.trainable)
    let report = try SpeedTest(
      pipeline: pipeline, optimizer: optimizer, device: device, batch: batch, samples: samples, rounds: rounds,
      measuresLayers: layers
    ).run()
    guard !json else { return try Console.printJSON(report, pretty: false) }
    try Console.print(report.text)
  }

  private func pipeline(_ experiment: Experiment, _ device: Device) throws -> Pipeline {
    guard case .classification = experiment.task else {
      throw UsageError("bench measures classification; '\(experiment.name)' is a \(experiment.task.typeName)")
    }
    let shapes = try KnownShapes(experiment)
    do {
      return try experiment.pipeline.build(
        inputs: shapes.inputs, output: shapes.output ?? [10], device: device, seed: experiment.seed)
    } catch {
      throw experiment.diagnostics(for: error.problems)
    }
  }
}
