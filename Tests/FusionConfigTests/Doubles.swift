import FusionConfig
import FusionCore
import Optimizers
import Schedules
import Transforms

// Small plugins, so that these tests depend on none of the real ones.

struct ToyModality: Modality {
  static let name = "toy_image"
  static let summary = "a toy modality"
  struct Configuration: ComponentConfiguration {
    var normalize = true
    static let options = [Option("normalize", "whether values are scaled to 0…1")]
  }
  static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion { .identity }
  init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext) {}
  func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor { raw }
}

struct ToyEncoder: Encoder {
  static let name = "toy_net"
  static let summary = "a toy encoder"
  struct Configuration: ComponentConfiguration {
    var blocks = 3
    var hidden = [100]
    var dropout = 0.0
    var width: Int?
    static let options = [
      Option("blocks", "number of blocks", .atLeast(1)), Option("hidden", "hidden widths", .atLeast(1)),
      Option("dropout", "share set to zero", .range(0, 1, includesUpper: false)),
      Option("width", "width of the output; none: as the input", .atLeast(1)),
    ]
  }
  init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    if configuration.blocks > 6 {
      context.problem("too many blocks for this input", key: "blocks", hint: "take fewer")
    }
  }
  func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor { input }
}

struct ToyFusion: Fusion {
  static let name = "toy_join"
  static let aliases = ["join"]
  static let summary = "a toy fusion"
  struct Configuration: ComponentConfiguration {}
  static func traits(_ configuration: Configuration) -> FusionTraits { FusionTraits() }
  init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {}
  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor { .concatenated(features.vectors, axis: 1) }
}

extension ToyFusion.Configuration { static let options: [Option] = [] }

struct ToyPairFusion: Fusion {
  static let name = "toy_pair"
  static let summary = "a toy fusion of exactly two"
  struct Configuration: ComponentConfiguration {
    enum Form: String, Codable, CaseIterable { case matrix, vector, scalar }
    var form = Form.matrix
    var rank = 4
    var clip: [Double]?
    static let options = [
      Option("form", "which form", Form.self), Option("rank", "number of terms", .atLeast(1)),
      Option("clip", "bounds"),
    ]
  }
  static func traits(_ configuration: Configuration) -> FusionTraits { FusionTraits(fewest: 2, most: 2) }
  private let rank: Int
  init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) { rank = configuration.rank }
  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    .zeros([features.tensors[0].shape[0], rank], device: pass.device)
  }
}

struct ToyDecoder: Decoder {
  static let name = "toy_head"
  static let summary = "a toy decoder"
  struct Configuration: ComponentConfiguration {
    var hidden: [Int] = []
    static let options = [Option("hidden", "hidden widths", .atLeast(1))]
  }
  private let output: Shape
  init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext) { self.output = output }
  func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor {
    .zeros([fused.shape[0]] + output, device: pass.device)
  }
}

enum ToyData: Component {
  static let kind = ComponentKind.dataset
  static let name = "toy_digits"
  static let summary = "a toy data set"
  struct Configuration: ComponentConfiguration {
    var files: [String: String] = [:]
    var scale: Float = 0.1
    static let options = [Option("files", "file of each array"), Option("scale", "scale of the values", .above(0))]
  }
}

/// One option of every type that a configuration may have.
enum ToyOfEverything: Component {
  static let kind = ComponentKind.dataset
  static let name = "toy_everything"
  static let summary = "one option of every type"

  enum Flavour: String, Codable, CaseIterable, Sendable { case sweet, sour }
  struct Nested: Codable, Sendable, Equatable {
    var depth = 2
    var tags = ["x"]
  }
  struct Part: ComponentConfiguration, Equatable {
    var size = 1
    var note: String?
    static let options = [Option("size", "size", .atLeast(1)), Option("note", "note")]
  }
  struct Configuration: ComponentConfiguration, Equatable {
    var int = -3
    var small: Int8 = 4
    var big: UInt64 = .max
    var double = 1.0
    var float: Float = 0.1
    var flag = false
    var text = "no"
    var flavour = Flavour.sweet
    var maybeInt: Int?
    var maybeFlag: Bool?
    var maybeText: String?
    var maybeList: [Int]?
    var maybeFlavour: Flavour?
    var maybeDefault: Double? = 2.5
    var grid = [[1, 2], [3]]
    var table: [String: Double] = ["a": 1, "b": 2]
    var lists: [String: [Int]] = [:]
    var nested = Nested()
    var maybePart: Part?
    var parts: [Part] = []
    var word = "left"
    static let options = [
      Option("small", "a small number"), Option("grid", "a grid", .atLeast(0)),
      Option("word", "a word", .oneOf(["left", "right"])), Option("table", "numbers", .above(0)),
      Option("double", "a number", .range(0, 10, includesLower: false)),
    ]
  }
}

let toyRegistry: Registry = {
  var registry = Registry()
  let types: [any Component.Type] = [
    ToyModality.self, ToyEncoder.self, ToyFusion.self, ToyPairFusion.self, ToyDecoder.self, ToyData.self,
    ToyOfEverything.self, SGD.self, Adam.self, AdamW.self, Adagrad.self, ConstantSchedule.self, StepSchedule.self,
    CosineSchedule.self, OneCycleSchedule.self, ReduceOnPlateauSchedule.self, GaussianNoise.self,
  ]
  for type in types { try! registry.register(type, origin: "tests") }
  return registry
}()

/// The optimizer `sgd`, its defaults changed.
func sgd(_ change: (inout SGD.Configuration) -> Void = { _ in }) -> ConfiguredOptimizer {
  var configuration = SGD.Configuration()
  change(&configuration)
  return ConfiguredOptimizer(SGD.self, configuration)
}

/// A valid experiment that says little.
let plainText = """
  data: {dataset: toy_digits, root: data/toy}
  modalities:
    image: {type: toy_image, encoder: {type: toy_net}}
    audio: {type: toy_image, encoder: {type: toy_net, blocks: 2}}
  fusion: {type: toy_join}
  decoder: {type: toy_head}

  """

func load(_ text: String, _ overrides: String...) throws -> Experiment { try load(text, overrides) }

func load(_ text: String, _ overrides: [String]) throws -> Experiment {
  try Experiment.load(text: text, name: "test.yaml", overrides: overrides, registry: toyRegistry)
}

/// The message of the error, or what was loaded instead of failing.
func message(_ text: String, _ overrides: String...) -> String {
  do throws(ConfigError) {
    return try "loaded:\n"
      + Experiment.load(text: text, name: "test.yaml", overrides: overrides, registry: toyRegistry).resolvedYAML
  } catch {
    return error.exitStatus == 2 ? error.description : "exit status \(error.exitStatus)"
  }
}
