import FusionCore
import Testing

/// Hands on vectors.
private struct ToyModality: Modality {
  static let name = "toy"
  static let summary = "hands vectors on"
  typealias Configuration = NoConfiguration
  static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion { .identity }
  init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext) {
    if input.sampleShape.count != 1 { context.problem("expected a vector, got \(input.sampleShape)") }
  }
  func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor { raw }
}

private struct ToyEncoder: Encoder {
  static let name = "toy"
  static let summary = "hands vectors on"
  typealias Configuration = NoConfiguration
  init(_ configuration: Configuration, input: Shape, context: BuildContext) {}
  func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor { input }
}

private struct PairSum: Fusion {
  static let name = "pair_sum"
  static let summary = "adds two vectors"
  struct Configuration: ComponentConfiguration {
    var claimed: Int?
    var weights = 0
    init() {}
    static let options = [
      Option("claimed", "the width that it gives for a batch of 7"), Option("weights", "the parameters that it has"),
    ]
  }
  static func traits(_ configuration: Configuration) -> FusionTraits { FusionTraits(fewest: 2, most: 2) }
  private let claimed: Int?
  init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    if inputs[0].width != inputs[1].width {
      context.problem("widths \(inputs[0].width) and \(inputs[1].width) differ", key: "claimed")
    }
    if configuration.weights > 0 { _ = context.parameter("weights", [configuration.weights], .zeros) }
    claimed = configuration.claimed
  }
  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let sum = features.vectors[0] + features.vectors[1]
    // Nothing without values tells that a shape depends on the batch in another way than by its size.
    guard let claimed, sum.shape[0] == 7 else { return sum }
    return .zeros([7, claimed], device: pass.device)
  }
}

private struct ToyDecoder: Decoder {
  static let name = "toy"
  static let summary = "a linear layer"
  typealias Configuration = NoConfiguration
  let linear: Linear
  init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext) {
    linear = Linear(inputs: input.elementCount, outputs: output.elementCount, context: context)
  }
  func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor { linear(fused, pass) }
}

private func pipeline(_ names: [String], fusion: PairSum.Configuration = .init()) -> PipelineSpecification {
  PipelineSpecification(
    branches: names.map {
      .init(
        name: $0, modality: ConfiguredModality(ToyModality.self, .init()),
        encoder: ConfiguredEncoder(ToyEncoder.self, .init()))
    },
    fusion: ConfiguredFusion(PairSum.self, fusion), decoder: ConfiguredDecoder(ToyDecoder.self, .init()))
}

private func vector(_ width: Int) -> ArrayDescription { ArrayDescription(sampleShape: [width], elementType: "float32") }

@Test func everyProblemIsGatheredWithItsPlace() {
  let matrix = ArrayDescription(sampleShape: [2, 2], elementType: "float32")
  let inferred = pipeline(["a", "b", "c"]).infer(inputs: ["a": matrix, "b": vector(3), "c": matrix], output: [2])
  let problems = inferred.summary.problems
  #expect(problems.map { $0.path } == [["fusion", "type"], ["modalities", "a"], ["modalities", "c"]])
  #expect(problems[0].message.contains("takes exactly 2 modalities, the pipeline has 3: a, b, c"))
}

@Test func shapesThatCannotMeetAreReported() {
  let inferred = pipeline(["a", "b"]).infer(inputs: ["a": vector(3), "b": vector(4)], output: [2])
  #expect(inferred.summary.problems.map { $0.path } == [["fusion", "claimed"]])
}

@Test func whatTheDataLackIsReportedWhenBuilding() {
  #expect {
    try pipeline(["a", "b"]).build(inputs: ["a": vector(3)], output: [2], device: Device(), seed: 1)
  } throws: { error in
    "\(error)".contains("modalities.b: the data set has no array 'b'") && "\(error)".contains("it has: a")
  }
}

@Test func aFusionWhoseShapeDependsOnTheBatchIsNamed() throws {
  var configuration = PairSum.Configuration()
  configuration.claimed = 5
  let device = Device()
  let built = try pipeline(["a", "b"], fusion: configuration)
    .build(inputs: ["a": vector(3), "b": vector(3)], output: [2], device: device, seed: 1)
  let x = Tensor(repeating: 1, shape: [4, 3], device: device)
  #expect {
    try built([x, x], .evaluation(device: device))
  } throws: { error in
    "\(error)".contains("the fusion 'pair_sum' inferred the shape [4, 5] and produced [4, 3]")
  }
}

@Test func aPipelineThatNoMachineCouldHoldIsRefusedBeforeItIsBuilt() {
  var configuration = PairSum.Configuration()
  configuration.weights = 1 << 40
  #expect {
    try pipeline(["a", "b"], fusion: configuration)
      .build(inputs: ["a": vector(3), "b": vector(3)], output: [2], device: Device(), seed: 1)
  } throws: { error in
    // 2⁴⁰, and the 8 of the decoder.
    "\(error)".contains("1099511627784 parameters") && "\(error)".contains("'fusion'")
  }
}

@Test func parametersDependOnTheSeedAndTheirNamesOnly() throws {
  let inputs = ["a": vector(3), "b": vector(3)]
  func weights(_ names: [String], seed: UInt64) throws -> [Float] {
    try #require(
      pipeline(names).build(inputs: inputs, output: [2], device: Device(), seed: seed).store["decoder.weight"]
    ).value.scalars
  }
  #expect(try weights(["a", "b"], seed: 1) == weights(["b", "a"], seed: 1))
  #expect(try weights(["a", "b"], seed: 1) != weights(["a", "b"], seed: 2))
}
