import FusionCore
import Testing

/// Hands on vectors; its shape pass can be told to lie.
private struct ToyModality: Modality {
  static let name = "toy"
  static let summary = "hands vectors on"
  typealias Configuration = NoConfiguration
  static func outputShape(_ configuration: Configuration, input: ArrayDescription, blueprint: inout Blueprint) -> Shape?
  {
    guard input.sampleShape.count == 1 else {
      blueprint.problem("expected a vector, got \(input.sampleShape)")
      return nil
    }
    return input.sampleShape
  }
  static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion { .identity }
  init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext) {}
  func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor { raw }
}

private struct ToyEncoder: Encoder {
  static let name = "toy"
  static let summary = "hands vectors on"
  typealias Configuration = NoConfiguration
  static func outputShape(_ configuration: Configuration, input: Shape, blueprint: inout Blueprint) -> Shape? {
    blueprint.layer("", "toy", output: input)
    return input
  }
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
      Option("claimed", "the width that the shape pass claims"), Option("weights", "the parameters that it claims"),
    ]
  }
  static func traits(_ configuration: Configuration) -> FusionTraits { FusionTraits(fewest: 2, most: 2) }
  static func outputShape(
    _ configuration: Configuration, inputs: [ModalityShape], blueprint: inout Blueprint
  ) -> Shape? {
    guard inputs[0].width == inputs[1].width else {
      blueprint.problem("widths \(inputs[0].width) and \(inputs[1].width) differ", key: "claimed")
      return nil
    }
    blueprint.layer("", "sum", output: inputs[0].shape, parameters: configuration.weights)
    return configuration.claimed.map { [$0] } ?? inputs[0].shape
  }
  init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {}
  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor { features.vectors[0] + features.vectors[1] }
}

private struct ToyDecoder: Decoder {
  static let name = "toy"
  static let summary = "a linear layer"
  typealias Configuration = NoConfiguration
  static func check(_ configuration: Configuration, input: Shape, output: Shape, blueprint: inout Blueprint) {}
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
  let problems = inferred.blueprint.problems
  #expect(problems.map { $0.path } == [["fusion", "type"], ["modalities", "a"], ["modalities", "c"]])
  #expect(problems[0].message.contains("takes exactly 2 modalities, the pipeline has 3: a, b, c"))
}

@Test func shapesThatCannotMeetAreReported() {
  let inferred = pipeline(["a", "b"]).infer(inputs: ["a": vector(3), "b": vector(4)], output: [2])
  #expect(inferred.blueprint.problems.map { $0.path } == [["fusion", "claimed"]])
}

@Test func whatTheDataLackIsReportedWhenBuilding() {
  #expect {
    try pipeline(["a", "b"]).build(inputs: ["a": vector(3)], output: [2], device: Device(), seed: 1)
  } throws: { error in
    "\(error)".contains("modalities.b: the data set has no array 'b'") && "\(error)".contains("it has: a")
  }
}

@Test func aFusionThatMisstatesItsShapeIsNamed() throws {
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
    "\(error)".contains("1099511627776 parameters") && "\(error)".contains("'fusion'")
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
