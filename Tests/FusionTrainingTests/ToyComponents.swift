import Callbacks
import FusionConfig
import FusionCore
import FusionData
import Optimizers
import Schedules
import Transforms

/// Numbers as they are.
struct ToyVector: Modality {
  typealias Configuration = NoConfiguration
  static let name = "plain"
  static let summary = "numbers as they are"
  static func conversion(_: NoConfiguration, input: ArrayDescription) -> ValueConversion { .identity }
  init(_: NoConfiguration, input: ArrayDescription, context: BuildContext) {}
  func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor { raw }
}

/// A hidden layer with dropout, and a buffer that follows the inputs, as a batch norm does.
struct ToyEncoder: Encoder {
  struct Configuration: ComponentConfiguration {
    var width = 8
    var dropout = 0.0
    static let options = [Option("width", "values", .atLeast(1)), Option("dropout", "share", .range(0, 1))]
  }
  static let name = "hidden"
  static let summary = "one hidden layer"
  let layers: MultilayerPerceptron
  let mean: Parameter
  init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    layers = MultilayerPerceptron(
      inputs: input[0], hidden: [configuration.width], outputs: configuration.width, dropout: configuration.dropout,
      context: context)
    mean = context.buffer("running_mean", [], .zeros)
  }
  func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    if pass.mode == .training { mean.write { $0[0] = $0[0] * 0.9 + input.scalars.reduce(0, +) * 0.1 } }
    return layers(input, pass)
  }
}

/// The sum of all features.
struct ToySum: Fusion {
  typealias Configuration = NoConfiguration
  static let name = "sum"
  static let summary = "the sum of all features"
  static func traits(_: NoConfiguration) -> FusionTraits { FusionTraits() }
  init(_: NoConfiguration, inputs: [ModalityShape], context: BuildContext) {}
  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    features.tensors.dropFirst().reduce(features.tensors[0]) { $0 + $1 }
  }
}

/// One linear layer.
struct ToyDecoder: Decoder {
  typealias Configuration = NoConfiguration
  static let name = "line"
  static let summary = "one linear layer"
  let linear: Linear
  init(_: NoConfiguration, input: Shape, output: Shape, context: BuildContext) {
    linear = Linear(inputs: input[0], outputs: output[0], context: context)
  }
  func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor { linear(fused, pass) }
}

/// Clusters around three centres: the class is the centre, the flags tell which coordinates of it are positive, the
/// values are a linear function of the inputs.
struct ToyData: DatasetFormat {
  struct Configuration: ComponentConfiguration {
    enum Targets: String, Codable, CaseIterable, Sendable { case classes, flags, values, none }
    var targets = Targets.classes
    var samples = 240
    /// How many times as many samples class 0 has as the others.
    var imbalance = 1
    var testTargets = true
    /// Every so manieth sample lacks b; 0: none.
    var holes = 0
    /// The one modality that samples of the test part have; empty: all.
    var only = ""
    /// The one class of the test part; -1: all.
    var onlyClass = -1
    static let options = [
      Option("targets", "kind", Targets.self), Option("samples", "training samples", .atLeast(1)),
      Option("imbalance", "times", .atLeast(1)), Option("testTargets", "whether the test part has targets"),
      Option("holes", "samples without b"), Option("only", "the one modality of the test part"),
      Option("onlyClass", "the one class of the test part"),
    ]
  }
  static let name = "toy"
  static let summary = "three clusters"
  static func declaredArrays(_: Configuration) -> [String: ArrayDescription]? { nil }
  static func declaredClasses(_: Configuration) -> Int? { nil }
  static func open(_ configuration: Configuration, root: String?, modalities: [String]) throws(DataError) -> Dataset {
    Dataset(
      source: "toy", train: try part(.train, configuration.samples, configuration, modalities),
      test: try part(.test, 90, configuration, modalities))
  }

  static func example(in folder: String, withTargets: Bool) -> DatasetExample<Configuration> {
    var configuration = Configuration()
    configuration.testTargets = withTargets
    return DatasetExample(configuration, root: nil, modalities: ["a", "b"])
  }

  private static let centres: [[Float]] = [[1, 1, -1, 0, 1], [-1, 1, 1, 1, -1], [1, -1, 1, -1, -1]]

  private static func part(
    _ name: SplitName, _ count: Int, _ configuration: Configuration, _ modalities: [String]
  ) throws(DataError) -> DataSplit {
    let random = RandomStream(seed: 7).derived(name.rawValue)
    let labels = (0..<count).map { max(0, $0 % (2 + configuration.imbalance) - configuration.imbalance + 1) }
    let points = labels.enumerated().map { row, label in
      (0..<5).map { centres[label][$0] + (Float(random.block(UInt64(row * 5 + $0))[0]) * 0x1p-32 - 0.5) }
    }
    let sizes = ["a": 0..<3, "b": 3..<5]
    let arrays = try modalities.map { modality throws(DataError) in
      let range = sizes[modality]!
      let array = try StoredArray(
        points.flatMap { $0[range] }, shape: [count, range.count], source: "toy/\(modality)")
      let isPresent = (0..<count).map { row in
        let lacks = configuration.holes > 0 && modality == "b" && (row + 1) % configuration.holes == 0
        return !lacks && (name != .test || ["", modality].contains(configuration.only))
      }
      let mask = try StoredArray(isPresent.map { $0 ? 1 : 0 }, shape: [count], source: "toy/\(modality) present")
      return ModalityArray(modality, array, presence: try PresenceMask(mask))
    }
    var targets: Targets?
    switch configuration.targets {
    case _ where name == .test && !configuration.testTargets: break
    case .none: break
    case .classes: targets = .classes(labels: labels.map(Int32.init), names: ["red", "green", "blue"])
    case .flags:
      let flags = labels.flatMap { centres[$0].prefix(3).map { $0 > 0 ? Float(1) : 0 } }
      targets = .flags(try StoredArray(flags, shape: [count, 3], source: "toy/flags"), names: ["x", "y", "z"])
    case .values:
      let values = points.flatMap { [$0[0] + 2 * $0[3], $0[1] - $0[4]] }
      targets = .values(try StoredArray(values, shape: [count, 2], source: "toy/values"))
    }
    let part = try DataSplit(name: name.rawValue, modalities: arrays, targets: targets)
    guard name == .test, configuration.onlyClass >= 0 else { return part }
    return part.with(rows: part.rows.filter { labels[$0] == configuration.onlyClass })
  }
}

/// All of the above.
func toyRegistry() throws -> Registry {
  var registry = Registry()
  let toys: [any Component.Type] = [ToyVector.self, ToyEncoder.self, ToySum.self, ToyDecoder.self, ToyData.self]
  let training: [any Component.Type] = [
    SGD.self, Adam.self, AdamW.self, RMSprop.self, Adagrad.self, NAdam.self, Lion.self, ConstantSchedule.self,
    GaussianNoise.self, JSONLLogger.self, ToyCallback.self, StepSchedule.self, CosineSchedule.self,
    OneCycleSchedule.self, ReduceOnPlateauSchedule.self,
  ]
  for type in toys + training { try registry.register(type, origin: "tests") }
  return registry
}

/// An experiment over the toy data; dropout and momentum make it depend on every kind of state.
func toyExperiment(_ overrides: String...) throws -> Experiment { try toyExperiment(overrides) }

/// The same with a list.
func toyExperiment(_ overrides: [String]) throws -> Experiment {
  try Experiment.load(
    text: """
      name: toy
      seed: 3
      data: {dataset: toy, validation: 0.2}
      modalities:
        a: {type: plain, encoder: {type: hidden, dropout: 0.1}}
        b: {type: plain, encoder: {type: hidden}}
      fusion: {type: sum}
      decoder: {type: line}
      task: {type: classification}
      training:
        epochs: 4
        batch_size: 16
        optimizer: {type: adam, learning_rate: 0.02}
      """, overrides: overrides, registry: toyRegistry())
}
