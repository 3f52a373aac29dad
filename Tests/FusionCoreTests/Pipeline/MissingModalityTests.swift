import FusionCore
import Testing

private struct Plain: Modality {
  static let name = "plain"
  static let summary = "hands vectors on"
  typealias Configuration = NoConfiguration
  static func conversion(_: NoConfiguration, input: ArrayDescription) -> ValueConversion { .identity }
  init(_: NoConfiguration, input: ArrayDescription, context: BuildContext) {}
  func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor { raw }
}

/// A linear layer with a bias, and a count of the samples that it saw in training, as a batch norm has its statistics.
private struct Counting: Encoder {
  static let name = "counting"
  static let summary = "a layer that counts"
  typealias Configuration = NoConfiguration
  private let layer: Linear
  private let seen: Parameter
  init(_: NoConfiguration, input: Shape, context: BuildContext) {
    layer = Linear(inputs: input[0], outputs: 3, context: context.scope("layer"))
    seen = context.buffer("seen", [], .zeros)
  }
  func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    if pass.mode == .training { seen.write { $0[0] += Float(input.shape[0]) } }
    return layer(input, pass)
  }
}

/// Side by side, with any policy; one that leaves out is handed who has what, and adds it at the end.
private struct Beside: Fusion {
  static let name = "beside"
  static let summary = "side by side"
  struct Configuration: ComponentConfiguration {
    var policy = MissingModalityPolicy.zero
    static let options = [Option("policy", "what it declares", MissingModalityPolicy.self)]
  }
  static func traits(_ configuration: Configuration) -> FusionTraits { FusionTraits(missing: configuration.policy) }
  init(_: Configuration, inputs: [ModalityShape], context: BuildContext) {}
  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let batch = features.tensors[0].shape[0]
    let counts = features.presence?.modalityCounts ?? [Int](repeating: features.entries.count, count: batch)
    return .concatenated(
      features.vectors + [Tensor(counts.map(Float.init), shape: [batch, 1], device: pass.device)], axis: 1)
  }
}

private struct HandsOn: Decoder {
  static let name = "hands_on"
  static let summary = "hands its input on"
  typealias Configuration = NoConfiguration
  init(_: NoConfiguration, input: Shape, output: Shape, context: BuildContext) {}
  func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor { fused }
}

@Suite struct MissingModalityTests {
  let device = Device()

  private func pipeline(
    _ policy: MissingModalityPolicy = .zero, _ choice: MissingModalityChoice = .own, names: [String] = ["a", "b"]
  ) throws -> Pipeline {
    var configuration = Beside.Configuration()
    configuration.policy = policy
    let branches = names.map {
      PipelineSpecification.Branch(
        name: $0, modality: ConfiguredModality(Plain.self, .init()), encoder: ConfiguredEncoder(Counting.self, .init()))
    }
    return try PipelineSpecification(
      branches: branches, fusion: ConfiguredFusion(Beside.self, configuration, missing: choice),
      decoder: ConfiguredDecoder(HandsOn.self, .init())
    ).build(
      inputs: Dictionary(
        uniqueKeysWithValues: names.map { ($0, ArrayDescription(sampleShape: [2], elementType: "float32")) }),
      output: [3 * names.count + 1], device: device, seed: 5)
  }

  /// Four samples; those of `b` that are missing hold `filling`.
  private func raw(filling: Float = 0) -> [Tensor] {
    [
      Tensor([1, 2, 3, 4, 5, 6, 7, 8], shape: [4, 2], device: device),
      Tensor([9, 8, filling, filling, 5, 4, filling, filling], shape: [4, 2], device: device),
    ]
  }
  /// Samples 1 and 3 lack `b`.
  private let presence = Presence([nil, [true, false, true, false]], count: 4)

  private func row(_ tensor: Tensor, _ row: Int) -> [Float] {
    let width = tensor.count / tensor.shape[0]
    return Array(tensor.scalars[row * width..<(row + 1) * width])
  }

  @Test func presenceOfEverythingIsNone() {
    #expect(Presence([nil, [true, true]], count: 2) == nil)
    #expect(Presence.restricted(nil, to: [true, true], count: 3) == nil)
    let one = Presence.restricted(presence, to: [false, true], count: 4)
    #expect(one?.modalityCounts == [1, 0, 1, 0])
    #expect(one?.rows(having: 0) == [] && one?.rows(having: 1) == [0, 2] && presence?.rows(having: 0) == nil)
    #expect(presence?.samples([0, 2]) == nil && presence?.samples([3, 0])?.modalityCounts == [1, 2])
  }

  @Test(arguments: MissingModalityPolicy.allCases)
  func nothingChangesWhereNothingIsMissing(_ policy: MissingModalityPolicy) throws {
    func outcome(_ pipeline: Pipeline, _ mode: ForwardPass.Mode) throws -> [UInt32] {
      let pass = ForwardPass(mode: mode, tape: Tape(), device: device, seed: 1, step: 0)
      let output = try pipeline(raw(), presence: Presence([nil, [true, true, true, true]], count: 4), pass)
      pass.tape?.backward(from: output)
      let gradients = pipeline.store.parameters.filter { $0.name.hasPrefix("encoders") }
        .flatMap { $0.gradient?.scalars ?? [] }
      return (output.scalars + gradients).map(\.bitPattern)
    }
    for mode in [ForwardPass.Mode.training, .evaluation] {
      #expect(try outcome(pipeline(policy), mode) == outcome(pipeline(), mode))
    }
  }

  @Test(arguments: [MissingModalityPolicy.zero, .mean, .token, .skip, .renormalise])
  func whatStandsInThePlaceOfMissingValuesGoesNowhere(_ policy: MissingModalityPolicy) throws {
    func outcome(_ filling: Float) throws -> (output: [Float], gradients: [[Float]], seen: [Float]) {
      let pipeline = try pipeline(policy)
      let pass = ForwardPass.training(device: device, seed: 1, step: 0)
      let output = try pipeline(raw(filling: filling), presence: presence, pass)
      pass.tape!.backward(from: output)
      return (
        output.scalars, pipeline.store.parameters.map { $0.gradient?.scalars ?? [] },
        ["a", "b"].map { pipeline.store["encoders.\($0).seen"]!.value.item }
      )
    }
    let (zero, nan) = (try outcome(0), try outcome(.nan))
    #expect(nan.output == zero.output && nan.gradients == zero.gradients)
    #expect(nan.output.allSatisfy { $0.isFinite } && nan.gradients.joined().allSatisfy { $0.isFinite })
    // The encoder, and with it a batch norm's statistics, sees those that are there.
    #expect(nan.seen == [4, 2])
    // d Σ output / d bias of b's encoder: one for each sample that has b.
    let names = try pipeline(policy).store.parameters.map(\.name)
    #expect(nan.gradients[try #require(names.firstIndex(of: "encoders.b.layer.bias"))] == [2, 2, 2])
    #expect(nan.gradients[try #require(names.firstIndex(of: "encoders.b.layer.weight"))] == [14, 12, 14, 12, 14, 12])
  }

  @Test func zerosTakeThePlaceOfFeaturesNotOfValues() throws {
    let pipeline = try pipeline(.zero)
    let output = try pipeline(raw(), presence: presence, .evaluation(device: device))
    let whole = try pipeline(raw(), .evaluation(device: device))
    #expect(row(output, 0) == row(whole, 0) && row(output, 2) == row(whole, 2))
    #expect(Array(row(output, 1)[3..<6]) == [0, 0, 0] && Array(row(output, 1)[..<3]) == Array(row(whole, 1)[..<3]))
    // The fusion is told nothing: it sees two modalities in every sample.
    #expect((0..<4).allSatisfy { row(output, $0)[6] == 2 })
  }

  @Test(arguments: [MissingModalityPolicy.skip, .renormalise])
  func whoLeavesTermsOutIsToldWhich(_ policy: MissingModalityPolicy) throws {
    let output = try pipeline(policy)(raw(), presence: presence, .evaluation(device: device))
    #expect((0..<4).map { row(output, $0)[6] } == [2, 1, 2, 1])
  }

  @Test func theMeanIsThatOfTheTrainingFeatures() throws {
    let pipeline = try pipeline(.mean)
    let means = try #require(pipeline.store["missing.b.mean"])
    #expect(means.role == .buffer && means.value.shape == [3])
    let batches = [raw(), raw().map { $0 * -3 }, raw().map { $0 + 1 }]
    var sums = [Double](repeating: 0, count: 3)
    for (step, batch) in batches.enumerated() {
      let features = try pipeline.encode(batch, .evaluation(device: device)).tensors[1]
      for sample in [0, 2] { for (i, value) in row(features, sample).enumerated() { sums[i] += Double(value) } }
      _ = try pipeline(batch, presence: presence, .training(device: device, seed: 1, step: step))
      for (got, sum) in zip(means.value.scalars, sums) { #expect(abs(Double(got) - sum / Double(2 * step + 2)) < 1e-5) }
    }
    let before = means.value.scalars
    let output = try pipeline(raw(filling: .nan), presence: presence, .evaluation(device: device))
    #expect(Array(row(output, 1)[3..<6]) == before && Array(row(output, 3)[3..<6]) == before)
    #expect(means.value.scalars == before, "an evaluation leaves it alone")
  }

  @Test func theMeanForgetsWhatLiesFarBack() throws {
    let pipeline = try pipeline(.mean)
    let means = try #require(pipeline.store["missing.a.mean"])
    let batch = raw()
    for step in 0..<2000 {
      let shift: Float = step < 1000 ? 100 : 0
      _ = try pipeline(batch.map { $0 + shift }, .training(device: device, seed: 1, step: step))
    }
    #expect(pipeline.store["missing.a.samples"]?.value.item == 1024)
    let now = try pipeline.encode(batch, .evaluation(device: device)).tensors[0].mean(axes: [0]).scalars
    let then = try pipeline.encode(batch.map { $0 + 100 }, .evaluation(device: device)).tensors[0].mean(axes: [0])
      .scalars
    // After 4,000 samples (1 − 4/1024)^1000 = 2% of the old mean is left.
    for (got, (now, then)) in zip(means.value.scalars, zip(now, then)) {
      #expect(abs(got - now) < 0.025 * abs(then - now) + 1e-4)
    }
  }

  @Test func aTokenIsLearnedAndCounted() throws {
    let pipeline = try pipeline(.zero, .token)
    let token = try #require(pipeline.store["missing.b.token"])
    #expect(token.role == .weight && token.value.shape == [3])
    #expect(pipeline.summary.parameterCount == pipeline.store.weightCount)
    let pass = ForwardPass.training(device: device, seed: 1, step: 0)
    let output = try pipeline(raw(filling: .nan), presence: presence, pass)
    #expect(Array(row(output, 1)[3..<6]) == token.value.scalars)
    pass.tape!.backward(from: output)
    #expect(token.gradient?.scalars == [2, 2, 2] && pipeline.store["missing.a.token"]?.gradient == nil)
  }

  @Test func parametersAreMadeOnlyWhereAPolicyHasAny() throws {
    func names(_ pipeline: Pipeline) -> [String] {
      pipeline.store.parameters.map(\.name).filter { $0.hasPrefix("missing") }
    }
    for policy in [MissingModalityPolicy.zero, .skip, .renormalise, .refuse] {
      #expect(names(try pipeline(policy)) == [])
    }
    #expect(names(try pipeline(.mean, .zero)) == [])
    #expect(names(try pipeline(.mean)).count == 4)
    #expect(names(try pipeline(.skip, .token)).count == 2)
    // With one modality nothing can be missing.
    #expect(names(try pipeline(.zero, .token, names: ["a"])) == [])
  }

  @Test func refusingNamesModalityAndSample() throws {
    for pipeline in [try pipeline(.refuse), try pipeline(.zero, .refuse)] {
      let error = #expect(throws: PipelineError.self) {
        try pipeline(raw(), presence: presence, .evaluation(device: device))
      }
      #expect(error?.description.contains("sample 1 of the batch lacks 'b', which the fusion 'beside' refuses") == true)
      #expect(try pipeline(raw(), .evaluation(device: device)).shape == [4, 7])
    }
  }

  @Test(arguments: MissingModalityPolicy.allCases)
  func aSampleWithoutAnythingIsAnError(_ policy: MissingModalityPolicy) throws {
    let nothing = Presence([[true, true, false, true], [true, false, false, true]], count: 4)
    let error = #expect(throws: PipelineError.self) {
      try pipeline(policy)(raw(), presence: nothing, .training(device: device, seed: 0, step: 0))
    }
    #expect(error?.description.contains("sample 2 of the batch has no modality at all: neither a nor b") == true)
  }

  @Test func aModalityThatNobodyHasIsNotEncoded() throws {
    let pipeline = try pipeline(.zero)
    let nobody = Presence([nil, [false, false, false, false]], count: 4)
    let output = try pipeline(raw(filling: .nan), presence: nobody, .training(device: device, seed: 0, step: 0))
    #expect((0..<4).allSatisfy { Array(row(output, $0)[3..<6]) == [0, 0, 0] })
    #expect(pipeline.store["encoders.b.seen"]?.value.item == 0)
  }

  @Test func featuresSeenInPartAreThoseOfSamplesThatLackTheRest() throws {
    let pipeline = try pipeline(.zero)
    let pass = ForwardPass.evaluation(device: device)
    let features = try pipeline.encode(raw(), pass)
    let seen = try pipeline.decode(features.restricted(to: [false, true]), pass)
    let lacking = try pipeline(
      raw(), presence: Presence([[Bool](repeating: false, count: 4), nil], count: 4), pass)
    #expect(seen.scalars == lacking.scalars)
    let some = try pipeline.decode(features.restricted(to: [true, false]).samples([2, 0]), pass)
    let all = try pipeline.decode(features.restricted(to: [true, false]), pass)
    #expect(some.scalars == row(all, 2) + row(all, 0))
  }

  @Test func termsAreLeftOutOfEveryFold() {
    let features = Features(
      zip(["a", "b"], raw()).map { ($0, $1) }, presence: presence)
    let terms = features.leavingOut(features.tensors, as: 1)
    #expect(terms[1].scalars == [9, 8, 1, 1, 5, 4, 1, 1] && terms[0].scalars == features.tensors[0].scalars)
    #expect(features.renormalisation?.scalars == [1, 2, 1, 2])
    let inner = features.leavingOut(features.tensors.map { $0.transposed() }, as: -.infinity, axis: 1)
    let gap = -Float.infinity
    let expected: [Float] = [9, gap, 5, gap, 8, gap, 4, gap]
    #expect(inner[1].scalars == expected)
  }

  @Test func paddingHasAValueForEveryToken() {
    let tokens = [2, 1].map { Tensor.zeros([4, $0, 3], device: device) }
    let features = Features(zip(["a", "b"], tokens).map { ($0, $1) }, presence: presence)
    #expect(features.tokenPadding(after: 1)?.shape == [4, 4])
    #expect(features.tokenPadding(after: 1)?.scalars == [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(Features(features.entries).tokenPadding() == nil)
  }
}
