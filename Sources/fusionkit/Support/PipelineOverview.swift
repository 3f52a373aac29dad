import FusionConfig
import FusionCore

/// What `fusionkit describe CONFIG` tells: every layer, for one sample.
struct PipelineOverview: Encodable {
  struct Layer: Encodable {
    let name: String
    let kind: String
    let output: Shape
    let parameters: Int
    let flops: Int
    let path: String?
  }

  /// A component of the pipeline, whose layers are told of together.
  struct Part {
    /// As layers' names begin: `encoders.image`.
    let name: String
    /// The component's name.
    let type: String
  }

  struct Stage: Encodable {
    let name: String
    let objective: String
    let trains: [String]
    let epochs: Int
    let optimizer: String
  }

  let name: String
  let fusion: String
  let decoder: String
  let task: String
  let layers: [Layer]
  private let parts: [Part]
  let parameters: Int
  let flops: Int
  /// Nil where the training has none.
  let stages: [Stage]?
  /// By their place in the configuration; nil where training takes samples as they are.
  let transforms: [String: String]?

  private enum CodingKeys: String, CodingKey {
    case name, fusion, decoder, task, layers, parameters, flops, stages, transforms
  }

  init(_ experiment: Experiment, _ summary: ModelSummary) {
    name = experiment.name
    fusion = experiment.pipeline.fusion.type.name
    decoder = experiment.pipeline.decoder.type.name
    task = experiment.task.typeName
    layers = summary.layers.map {
      Layer(name: $0.name, kind: $0.kind, output: $0.output, parameters: $0.parameters, flops: $0.flops, path: $0.path)
    }
    parts =
      experiment.pipeline.branches.flatMap {
        [
          Part(name: "modalities.\($0.name)", type: $0.modality.type.name),
          Part(name: "encoders.\($0.name)", type: $0.encoder.type.name),
        ]
      } + [Part(name: "fusion", type: fusion), Part(name: "decoder", type: decoder)]
    parameters = summary.parameterCount
    flops = summary.flops
    let stages = experiment.training.stages.map {
      Stage(
        name: $0.name, objective: $0.objectiveDescription, trains: $0.parts.map(\.name), epochs: $0.training.epochs,
        optimizer: $0.training.optimizer.type.name)
    }
    self.stages = stages.isEmpty ? nil : stages
    let transforms = experiment.transforms.placed.map { ($0.path.joined(separator: "."), $0.transform.type.name) }
    self.transforms = transforms.isEmpty ? nil : Dictionary(uniqueKeysWithValues: transforms)
  }

  /// For people.
  var text: String {
    var table = TextTable(["layer", "what", "output", "parameters", "FLOPs", "path"], numeric: [3, 4])
    func add(_ name: String, _ kind: String, _ output: Shape, _ parameters: Int, _ flops: Int, _ path: String?) {
      table.add(
        name, kind, output.map(String.init).joined(separator: " x "), parameters == 0 ? "" : grouped(parameters),
        flops == 0 ? "" : grouped(flops), path ?? "")
    }
    var left = layers[...]
    while let first = left.first {
      guard let part = parts.first(where: { first.name == $0.name || first.name.hasPrefix($0.name + ".") }) else {
        left.removeFirst()
        add(first.name, first.kind, first.output, first.parameters, first.flops, first.path)
        continue
      }
      let own = left.prefix { $0.name == part.name || $0.name.hasPrefix(part.name + ".") }
      left = left.dropFirst(own.count)
      guard own.count > 1, let last = own.last else {
        add(first.name, first.kind, first.output, first.parameters, first.flops, first.path)
        continue
      }
      // The sums of the part, then its layers by the rest of their names; what belongs to none of them comes last.
      add(
        part.name, part.type, last.output, own.reduce(0) { $0 + $1.parameters }, own.reduce(0) { $0 + $1.flops }, nil)
      for layer in own {
        let name = layer.name == part.name ? "the rest" : String(layer.name.dropFirst(part.name.count + 1))
        add("  " + name, layer.kind, layer.output, layer.parameters, layer.flops, layer.path)
      }
    }
    table.add("total", "", "", grouped(parameters), grouped(flops))
    let overview =
      "\(name): fusion \(fusion), decoder \(decoder), task \(task)\n\n\(table.text)\n\n"
      + "Shapes and floating-point operations are those of one sample, forwards."
    return ([overview] + [transformTable, stageTable].compactMap { $0 }).joined(separator: "\n\n")
  }
}

extension PipelineOverview {
  /// What changes the samples in training; nil where nothing does.
  private var transformTable: String? {
    guard let transforms else { return nil }
    var table = TextTable(["in training, samples are changed by", "transform"])
    for (place, name) in transforms.sorted(by: { $0.key < $1.key }) { table.add(place, name) }
    return table.text
  }

  /// What is trained when; nil where everything is trained at once.
  private var stageTable: String? {
    guard let stages else { return nil }
    var table = TextTable(["stage", "objective", "trains", "epochs", "optimizer"], numeric: [3])
    for stage in stages {
      table.add(
        stage.name, stage.objective, stage.trains.joined(separator: ", "), grouped(stage.epochs), stage.optimizer)
    }
    return table.text
  }
}
