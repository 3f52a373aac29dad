import ArgumentParser
import FusionCore
import FusionExport
import FusionTraining
import Foundation

/// `fusionkit export`: a run's model for other programs.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a run's model as an ONNX graph, for ONNX Runtime and others.",
    discussion: """
      The graph takes one input for each modality, as its values are stored, and any number of samples; it gives logits and \
      probabilities, or the values of a regression in their own units: what 'fusionkit predict' gives. With --missing it \
      also takes present.<modality>, which says what samples have, and does for the others what the fusion declares.

      Examples:
        fusionkit export outputs/AVMNIST-LATE --onnx late.onnx
        fusionkit export outputs/AVMNIST-LATE --onnx late.onnx --missing --outputs fused,features
      """)

  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
  var folder: String

  @Option(help: ArgumentHelp("Where the graph goes.", valueName: "file"))
  var onnx: String

  @Flag(help: "Take present.<modality> for each modality, for samples that lack some.")
  var missing = false

  @Option(
    help: ArgumentHelp(
      "More outputs: fused, the fused features; features, those of each modality.", valueName: "name,…"))
  var outputs: ExtraOutputs?

  @Flag(help: "Make batch norms part of the convolutions before them.")
  var fold = false

  @Flag(help: "Replace a file that is there.")
  var overwrite = false

  @OptionGroup var plugins: PluginOptions
  @OptionGroup var threads: ThreadOption
  @OptionGroup var json: JSONOption

  func validate() throws {
    if onnx.isEmpty { throw ValidationError("--onnx is empty") }
  }

  func run() throws {
    if !overwrite, FileManager.default.fileExists(atPath: onnx) {
      throw FileInTheWay(path: onnx)
    }
    let run = RunFolder(folder)
    let experiment = try run.experiment(registry: Registry.complete(plugins: plugins.paths))
    let trainer = Trainer(experiment, threads: threads.count, progress: Console.progress(quiet: json.isOn))
    var options = OnnxExport.Options()
    (options.takesMissing, options.outputs, options.folds) = (missing, outputs?.names ?? [], fold)
    let export = try OnnxExport(of: run, by: trainer, options)
    try export.write(to: onnx)
    let report = ExportReport(export, file: onnx)
    if json.isOn { try Console.printJSON(report) } else { try Console.print(report.text) }
  }
}

/// `fused,features`.
struct ExtraOutputs: ExpressibleByArgument {
  let names: [OnnxExport.Extra]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    names = parts.compactMap { OnnxExport.Extra(rawValue: String($0)) }
    guard names.count == parts.count else { return nil }
  }

  static var allValueStrings: [String] { OnnxExport.Extra.allCases.map(\.rawValue) }
}

/// Something lies where a file is to go.
struct FileInTheWay: UserError {
  let path: String
  var exitStatus: Int32 { 1 }
  var description: String { "\(path) exists; choose another --onnx, or pass --overwrite to replace it" }
}

/// What a graph takes and gives.
struct ExportReport: Encodable {
  let file: String
  let nodes: Int
  let inputs: [OnnxExport.Port]
  let outputs: [OnnxExport.Port]

  init(_ export: OnnxExport, file: String) {
    (self.file, nodes, inputs, outputs) = (file, export.nodeCount, export.inputs, export.outputs)
  }

  var text: String {
    var table = TextTable(["", "name", "type", "shape"], numeric: [])
    for (role, ports) in [("input", inputs), ("output", outputs)] {
      for port in ports {
        let shape = (["N"] + port.sampleShape.map { $0 < 0 ? "?" : "\($0)" }).joined(separator: ", ")
        table.add(role, port.name, port.type, "[\(shape)]")
      }
    }
    return table.text + "\n\(nodes) operators, written to \(file)"
  }
}
