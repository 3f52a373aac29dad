import FusionConfig
import FusionCore

/// The graph of a whole pipeline: inputs as they are stored, the operations between, outputs in words of the task.
struct PipelineGraph {
  var graph = GraphWriter()
  private(set) var inputs: [OnnxExport.Port] = []
  private(set) var outputs: [OnnxExport.Port] = []
  private let pair: RecordedPair
  private let task: TaskSettings
  private let options: OnnxExport.Options

  init(_ pair: RecordedPair, task: TaskSettings, _ options: OnnxExport.Options) {
    (self.pair, self.task, self.options) = (pair, task, options)
  }

  private var pipeline: Pipeline { pair.first.pipeline }

  /// Writes inputs, nodes and outputs.
  mutating func write() throws(ExportError) {
    let extra = try extraOutputs()
    let main = task.outputNames
    try reserve(pipeline.modalities, "modality")
    if options.takesMissing { try reserve(pipeline.modalities.map { "present.\($0)" }, "modality") }
    try reserve(main + extra.map(\.name), "output")
    for parameter in pipeline.store.parameters { try reserve([parameter.name], "parameter") }
    let names = try declareInputs()
    guard let result = pair.first.output else {
      throw .hidden("result", pair.place(of: Int.max), "the output comes from no operation")
    }
    var translation = GraphTranslation(pair, inputs: names, graph: graph, folds: options.folds)
    try translation.write([result] + extra.map(\.value))
    let raw = translation.name(of: result)
    let others = extra.map { ($0.name, translation.name(of: $0.value), pair.sizes[$0.value]) }
    graph = translation.graph
    finish(raw, main)
    for (name, value, sizes) in others { declareOutput(name, value, sizes.dropFirst()) }
  }

  private func extraOutputs() throws(ExportError) -> [(name: String, value: Int)] {
    var result: [(String, Int?, RecordedPass.Part)] = []
    for extra in OnnxExport.Extra.allCases where options.outputs.contains(extra) {
      switch extra {
      case .fused: result.append(("fused", pair.first.fused, pair.first.part("fusion")))
      case .features:
        for (index, modality) in pipeline.modalities.enumerated() {
          result.append(("features.\(modality)", pair.first.features[index], pair.first.part("encoders.\(modality)")))
        }
      }
    }
    return try result.map { name, value, part throws(ExportError) in
      guard let value else { throw .hidden(name, part.title, "the output comes from no operation") }
      return (name, value)
    }
  }

  private mutating func reserve(_ names: [String], _ what: String) throws(ExportError) {
    for name in names where !graph.reserve(name) {
      throw ExportError(
        "the graph would have two values called '\(name)', one of them the \(what)\n  give the modality another name")
    }
  }

  /// One input a modality, in the form in which its values are stored, and the nodes that convert them.
  private mutating func declareInputs() throws(ExportError) -> [Int: String] {
    var names: [Int: String] = [:]
    let log = pair.first.log
    func value(_ name: String) -> Int? { log.values.firstIndex { $0.source == .input(name) } }
    let conversions = pipeline.conversions
    var converted: [(value: Int?, InputConversion, OnnxModel.ElementType)] = []
    for (index, modality) in pipeline.modalities.enumerated() {
      let array = pipeline.inputs[index]
      let conversion = InputConversion(array: array, conversion: conversions[index])
      guard let type = conversion.type else {
        throw ExportError("the data of '\(modality)' are stored as '\(array.elementType)', which ONNX does not have")
      }
      graph.addInput(
        OnnxModel.Value(name: modality, type: type, shape: [.batch] + array.sampleShape.map { .fixed($0) }))
      inputs.append(OnnxExport.Port(name: modality, type: array.elementType, sampleShape: array.sampleShape))
      converted.append((value(modality), conversion, type))
    }
    for (modality, (value, conversion, type)) in zip(pipeline.modalities, converted) {
      graph.scope = "modalities.\(modality)"
      if let value { names[value] = conversion.write(modality, type: type, to: &graph) }
    }
    for (index, modality) in pipeline.modalities.enumerated() where options.takesMissing {
      let name = "present.\(modality)"
      graph.addInput(OnnxModel.Value(name: name, type: .bool, shape: [.batch]))
      inputs.append(OnnxExport.Port(name: name, type: "bool", sampleShape: []))
      graph.scope = name
      if let value = value(OperationLog.presence(ofModality: index)) {
        names[value] = graph.add("Cast", [name], [("to", .int(OnnxModel.ElementType.float32.rawValue))])
      }
    }
    graph.scope = ""
    return names
  }

  /// The outputs of the task: logits and probabilities, or values in their own units.
  private mutating func finish(_ raw: String, _ names: [String]) {
    let sizes = pipeline.output.map(RecordedPair.Size.fixed)
    graph.scope = "task"
    switch task {
    case .classification:
      declareOutput(names[0], raw, sizes[...])
      declareOutput(names[1], graph.add("Softmax", [names[0]], [("axis", .int(-1))]), sizes[...])
    case .multilabel:
      declareOutput(names[0], raw, sizes[...])
      declareOutput(names[1], graph.add("Sigmoid", [names[0]]), sizes[...])
    case .regression:
      var values = raw
      if let scale = pipeline.targets?.scale {
        let shape = [scale.layout.count]
        let deviations = pipeline.targets?.deviations ?? []
        values = graph.add("Mul", [values, graph.floats(deviations.map(Float.init), shape)])
        values = graph.add("Add", [values, graph.floats(scale.means.map(Float.init), shape)])
      }
      declareOutput(names[0], values, sizes[...])
    }
    graph.scope = ""
  }

  private mutating func declareOutput(_ name: String, _ value: String, _ sizes: ArraySlice<RecordedPair.Size>) {
    _ = graph.add("Identity", [value], name: name)
    let shape = sizes.map { if case .fixed(let count) = $0 { count } else { -1 } }
    graph.addOutput(
      OnnxModel.Value(
        name: name, type: .float32,
        shape: [.batch] + shape.map { $0 < 0 ? .open("\(name)_size") : .fixed($0) }))
    outputs.append(OnnxExport.Port(name: name, type: "float32", sampleShape: shape))
  }
}

extension TaskSettings {
  /// What the outputs of a graph are called.
  fileprivate var outputNames: [String] {
    switch self {
    case .classification, .multilabel: ["logits", "probabilities"]
    case .regression: ["values"]
    }
  }
}
