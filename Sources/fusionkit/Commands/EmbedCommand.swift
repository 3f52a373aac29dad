import ArgumentParser
import FusionAnalysis
import FusionConfig
import FusionCore
import FusionData

/// `fusionkit embed`: what do a run's encodings look like?
struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Draws a run's encodings in the plane (t-SNE) and looks for clusters (k-means).",
    discussion: """
      For each modality's encodings and for the fused ones: t-SNE as a table of points and as plots (SVG and PNG) in the \
      colours of the labels; k-means on the encodings and on their embedding, compared with the labels. Files appear \
      together once all is done, by default in the run's folder embeddings/.

      Examples:
        fusionkit embed outputs/AVMNIST-LATE
        fusionkit embed outputs/AVMNIST-LATE --of fused --limit 2000 --perplexity 50
      """)

  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
  var folder: String

  @Option(help: "The part of the data: train, validation or test.")
  var split = SplitName.test

  @Option(help: ArgumentHelp("At most so many samples, drawn at random.", valueName: "n"))
  var limit = 10000

  @Option(
    help: ArgumentHelp("How many neighbours of a sample count; it takes 3 times as many samples.", valueName: "p"))
  var perplexity = 30.0

  @Option(help: ArgumentHelp("Clusters to look for. (default: as many as there are classes)", valueName: "k"))
  var clusters: Int?

  @Option(help: "Decides the samples drawn and where k-means starts.")
  var seed: UInt64 = 0

  @Option(
    name: .customLong("of"),
    help: ArgumentHelp(
      "Whose encodings: modalities, and fused for the fusion's output. (default: all)", valueName: "name,…"))
  var spaces: NameList?

  @Option(help: ArgumentHelp("Where the files go. (default: embeddings in the run)", valueName: "folder"))
  var output: String?

  @Flag(help: "Also write the encodings, one npy file each.")
  var encodings = false

  @OptionGroup var plugins: PluginOptions
  @OptionGroup var threads: ThreadOption
  @OptionGroup var json: JSONOption

  func validate() throws {
    var problems: [String] = []
    if limit < 1 { problems.append("--limit takes a number from 1 up, not \(limit)") }
    if !(perplexity >= 1 && perplexity <= 1e6) {
      problems.append("--perplexity takes a number from 1 to 1000000, not \(perplexity)")
    }
    if let clusters, !(1...100_000 ~= clusters) {
      problems.append("--clusters takes a number from 1 to 100000, not \(clusters)")
    }
    if let output, output.isEmpty { problems.append("--output is empty") }
    guard problems.isEmpty else { throw ValidationError(problems.joined(separator: "\n       ")) }
  }

  func run() throws {
    let run = RunFolder(folder)
    let experiment = try run.experiment(registry: Registry.complete(plugins: plugins.paths))
    let progress = Console.progress(quiet: json.isOn)
    let trainer = Trainer(experiment, threads: threads.count, progress: progress)
    let found = try trainer.encode(run, split: split, of: spaces?.names, limit: limit, seed: seed)
    var study = EncodingStudy()
    (study.perplexity, study.clusters, study.seed) = (perplexity, clusters, seed)
    let report = try study(found, run: run.path, device: threads.device, progress: progress)
    let folder = output ?? run.path + "/embeddings"
    try report.write(to: folder, encodings: encodings)
    try Console.print(json.isOn ? report.json : EmbeddingTable(report, folder: folder).text)
  }
}

/// `image,audio`.
struct NameList: ExpressibleByArgument {
  let names: [String]

  init?(argument: String) {
    names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !names.contains("") else { return nil }
  }
}
