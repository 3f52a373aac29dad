import FusionConfig
import FusionCore
import FusionExport
import Testing

/// What is in the graph of a model.
@Suite struct GraphTests {
  @Test func aModelIsWhole() throws {
    let toy = ToyModel(formula: nil)
    let model = try toy.read()
    #expect(model.version == 8 && model.opset == 18 && model.producer == "fusionkit")
    #expect(model.metadata == ["fusionkit.name": "toy"])
    #expect(model.inputs.map(\.name) == ["image", "audio"])
    #expect(model.inputs.map(\.type) == [2, 1], "uint8 and float32, as they are stored")
    #expect(model.inputs.map(\.shape) == [["N", "6", "6"], ["N", "4", "3"]])
    #expect(model.outputs.map(\.name) == ["logits", "probabilities"])
    #expect(model.outputs.allSatisfy { $0.type == 1 && $0.shape == ["N", "3"] })
    #expect(model.mistakes == [])
    #expect(model.unused == [])
    for operation in ["Conv", "BatchNormalization", "Relu", "MaxPool", "GRU", "Gemm", "Softmax"] {
      #expect(model.operations.contains(operation), "\(operation)")
    }
    #expect(model.nodes.contains { $0.name == "encoders.image.convs.0/Conv" }, "named after the layer")
  }

  @Test func weightsAreThoseOfTheModelUnderTheirNames() throws {
    let toy = ToyModel(formula: nil)
    let model = try toy.read()
    let parameters = try toy.pipeline(Device()).store.parameters
    #expect(parameters.count > 10)
    for parameter in parameters {
      let weights = try #require(model.weights[parameter.name], "\(parameter.name)")
      #expect(weights.shape == parameter.value.shape && weights.type == 1)
      #expect(weights.floats == parameter.value.scalars)
    }
  }

  @Test func theSameModelGivesTheSameBytes() throws {
    #expect(try ToyModel().export().bytes == ToyModel().export().bytes)
  }

  @Test func bytesAreCastAndScaled() throws {
    let model = try ToyModel().read()
    let scaled = model.nodes.filter { $0.name.hasPrefix("modalities.image/") }
    #expect(scaled.map(\.operation) == ["Cast", "Mul", "Reshape"])
    #expect(scaled[0].inputs == ["image"])
    let factor = try #require(model.weights[scaled[1].inputs[1]])
    #expect(factor.floats == [Float(1 / 255.0)])
    #expect(!model.nodes.contains { $0.name.hasPrefix("modalities.audio/") }, "floats stay as they are")
  }

  @Test(arguments: [("float64", 11), ("int64", 7), ("uint16", 4), ("bool", 9), ("float16", 10)])
  func everyStoredTypeIsAnInput(_ type: String, _ number: Int) throws {
    var toy = ToyModel()
    toy.audio.elementType = type
    #expect(try toy.read().inputs[1].type == number)
  }

  @Test func batchNormsFold() throws {
    var toy = ToyModel(formula: nil)
    toy.options.folds = true
    let model = try toy.read()
    #expect(!model.operations.contains("BatchNormalization"))
    #expect(model.weights["encoders.image.convs.0.weight"] == nil)
    let convolution = try #require(model.nodes.first { $0.operation == "Conv" })
    let weight = try #require(model.weights[convolution.inputs[1]])
    // Mean 0, variance 1: every weight over √(1 + 1e-5).
    let plain = try toy.pipeline(Device()).store["encoders.image.convs.0.weight"]!.value.scalars
    for (folded, own) in zip(weight.floats, plain) { #expect(abs(folded - own / Float(1.00001).squareRoot()) < 1e-7) }
    #expect(model.mistakes == [])
    #expect(model.unused == [])
  }

  @Test func outputsOnTheWay() throws {
    var toy = ToyModel(formula: nil)
    toy.options.outputs = [.features, .fused]
    let model = try toy.read()
    #expect(model.outputs.map(\.name) == ["logits", "probabilities", "fused", "features.image", "features.audio"])
    #expect(model.outputs.map(\.shape).suffix(3) == [["N", "36"], ["N", "18"], ["N", "18"]])
    #expect(model.mistakes == [])
  }

  @Test func aRegressionGivesItsOwnUnits() throws {
    var toy = ToyModel(formula: nil)
    (toy.task, toy.standardisesTargets) = (.regression(RegressionSettings()), true)
    let model = try toy.read()
    #expect(model.outputs.map(\.name) == ["values"])
    #expect(model.nodes.filter { $0.name.hasPrefix("task/") }.map(\.operation) == ["Mul", "Add", "Identity"])
    toy.standardisesTargets = false
    #expect(try toy.read().nodes.filter { $0.name.hasPrefix("task/") }.map(\.operation) == ["Identity"])
    toy.task = .multilabel(MultilabelSettings())
    #expect(try toy.read().operations.contains("Sigmoid"))
  }

  @Test func missingModalitiesAreInputs() throws {
    var toy = ToyModel(formula: nil)
    toy.options.takesMissing = true
    for (choice, weight) in [(MissingModalityChoice.own, nil), (.token, "token"), (.mean, "mean")] {
      toy.missing = choice
      let model = try toy.read()
      #expect(model.inputs.map(\.name) == ["image", "audio", "present.image", "present.audio"])
      #expect(model.inputs.suffix(2).allSatisfy { $0.type == 9 && $0.shape == ["N"] })
      #expect(model.operations.count { $0 == "Where" } == 2)
      #expect(model.mistakes == [])
      #expect(model.unused == [])
      if let weight { #expect(model.weights["missing.audio.\(weight)"] != nil) }
    }
  }

  /// A tensor that the formula makes for each sample is one row, repeated for as many samples as come.
  @Test func rowsThatAreRepeatedFollowTheBatch() throws {
    let model = try ToyModel(formula: .rows).read()
    let expand = try #require(model.nodes.first { $0.operation == "Expand" })
    #expect(model.weights[expand.inputs[0]]?.shape == [1, 18])
    #expect(model.nodes.contains { $0.operation == "Shape" && $0.inputs == ["image"] })
    #expect(model.mistakes == [])
  }

  @Test func anExpansionTakesThePlaceOfAnOperation() throws {
    let model = try ToyModel(formula: .expanded).read()
    #expect(model.nodes.contains { $0.operation == "Add" && $0.name.hasPrefix("fusion/") })
    #expect(model.mistakes == [])
  }
}
