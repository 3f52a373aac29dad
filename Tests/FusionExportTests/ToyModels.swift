import AllPlugins
import FusionComponents
import FusionConfig
import FusionCore
import FusionExport

/// A fusion by a formula: what tests export, or fail to.
struct FormulaFusion: Fusion {
  enum Formula: String, Codable, CaseIterable, Sendable {
    case sum, random, drop, custom, expanded, outside, twoWays, batch, rows, otherRows, square, constant
  }
  struct Configuration: ComponentConfiguration {
    var formula = Formula.sum
    static let options = [Option("formula", "which one", Formula.self)]
  }
  static let name = "formula"
  static let summary = "a formula"

  private let formula: Formula

  init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    formula = configuration.formula
  }

  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let terms = features.leavingOut(features.vectors)
    let (x, y) = (terms[0], terms[terms.count - 1])
    let count = x.shape[0]
    func doubled() -> Tensor {
      Tensor(shape: x.shape, device: x.device) { out in
        for i in 0..<out.count { out[i] = x.storage.base[i] * 2 }
      }
    }
    switch formula {
    case .sum: return x + y
    case .random: return x + pass.random(for: "fusion").normal([1], device: x.device)
    case .drop: return x.dropout(0.5, random: pass.random(for: "fusion"))
    case .custom: return .recorded("doubled", inputs: [x], output: doubled()) { [$0 * 2] }
    case .expanded: return .recorded("doubled", inputs: [x], output: doubled(), expansion: { x + x }) { [$0 * 2] }
    case .outside: return doubled() + y
    case .twoWays:
      guard !x.device.isAbstract else { return x }
      return x.storage.values[0] * y.storage.values[0] > 0 ? x.exp() : x.sin()
    case .batch: return x / Float(count)
    case .rows:
      let row = (0..<x.shape[1]).map { Float($0) }
      return .concatenated(
        [x, Tensor((0..<count).flatMap { _ in row }, shape: x.shape, device: x.device)], axis: 1)
    case .otherRows: return x + Tensor((0..<x.count).map { Float($0) }, shape: x.shape, device: x.device)
    case .square: return x.matmul(y, otherTransposed: true).reshaped([1, count * count]).sum(axes: [1]) + x
    case .constant: return .ones(x.shape, device: x.device)
    }
  }
}

/// A pipeline over two modalities, as a run would build it.
struct ToyModel {
  var formula: FormulaFusion.Formula? = .sum
  var modalities = ["image", "audio"]
  var image = ArrayDescription(sampleShape: [6, 6], elementType: "uint8")
  var audio = ArrayDescription(sampleShape: [4, 3], elementType: "float32")
  var outputs = 3
  var standardisesTargets = false
  var task = TaskSettings.classification(ClassificationSettings())
  var options = OnnxExport.Options()
  var missing = MissingModalityChoice.own

  /// Pipelines of the same weights, as often as asked for.
  func pipeline(_ device: Device) throws -> Pipeline {
    let text = """
      data: {dataset: arrays, train: {}}
      modalities:
        image: {type: image, values: byte, encoder: {type: conv, channels: [2], batch_norm: true}}
        audio: {type: sequence, values: raw, encoder: {type: gru, hidden: 18}}
      fusion: {type: concat, missing: \(missing.rawValue)}
      decoder: {type: linear}
      """
    let registry = try Registry.allPlugins()
    let experiment = try Experiment.load(text: text, registry: registry)
    let read = experiment.pipeline
    let fusion = formula.map { formula in
      var configuration = FormulaFusion.Configuration()
      configuration.formula = formula
      return ConfiguredFusion(FormulaFusion.self, configuration)
    }
    let branches = zip(modalities, read.branches).map {
      PipelineSpecification.Branch(name: $0, modality: $1.modality, encoder: $1.encoder)
    }
    let specification = PipelineSpecification(
      branches: Array(branches), fusion: fusion ?? read.fusion, decoder: read.decoder)
    return try specification.build(
      inputs: Dictionary(uniqueKeysWithValues: zip(modalities, [image, audio])), output: [outputs],
      standardisesTargets: standardisesTargets, device: device, seed: 1)
  }

  func export() throws -> OnnxExport {
    try OnnxExport(task: task, metadata: [("fusionkit.name", "toy")], threads: 1, options) { device, _ in
      try pipeline(device)
    }
  }

  func read() throws -> ReadModel { ReadModel(try export().bytes) }
}
