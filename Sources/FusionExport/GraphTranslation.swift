import FusionCore

/// The operations of a recorded model in the words of ONNX, as far as results ask for them.
struct GraphTranslation {
  var graph: GraphWriter
  let pair: RecordedPair
  /// Whether a batch norm behind a convolution becomes part of its weights.
  let folds: Bool
  /// What values are called in the graph.
  private var names: [Int: String]
  /// What truths are called that values hold as 1 and 0.
  var truths: [Int: String] = [:]
  /// What an LSTM gives: the states of all steps, `[N, T, H]`, and the memory after the last one, `[1, N, H]`.
  var recurrences: [Int: (steps: String, memory: String)] = [:]
  /// The entry that is being translated.
  var current = 0

  private let uses: [Int: Int]

  /// A translation.
  ///
  /// - Parameter names: what the inputs are called.
  init(_ pair: RecordedPair, inputs names: [Int: String], graph: GraphWriter, folds: Bool) {
    (self.pair, self.names, self.graph, self.folds) = (pair, names, graph, folds)
    uses = pair.first.log.entries.reduce(into: [:]) { uses, entry in
      for input in entry.inputs { uses[input, default: 0] += 1 }
    }
  }

  var log: OperationLog { pair.first.log }
  var entry: OperationLog.Entry { log.entries[current] }

  /// Writes all nodes that some values need.
  mutating func write(_ results: [Int]) throws(ExportError) {
    var needed = Set<Int>()
    var waiting = results
    while let value = waiting.popLast() {
      guard case .computed(let index) = log.values[value].source, needed.insert(index).inserted else { continue }
      waiting += dependencies(index)
    }
    for index in needed.sorted() {
      current = index
      graph.scope = entry.layer.map { log.layers[$0].name } ?? pair.part(of: index).name
      try checkStates()
      names[entry.output] = try translated()
    }
    graph.scope = ""
  }

  /// The memories of an LSTM after every step are not what ONNX gives: only its states, or the last memory, may be used.
  private func checkStates() throws(ExportError) {
    switch entry.operation {
    case .slice, .lastState: return
    default:
      guard entry.inputs.contains(where: { recurrences[$0] != nil }) else { return }
      throw noForm("takes an LSTM's memories after every step")
    }
  }

  /// What a value is called; where it is a parameter or a constant, it is written.
  mutating func name(of value: Int) -> String {
    if let known = names[value] { return known }
    let name: String
    switch log.values[value].source {
    case .parameter(let own):
      graph.addInitializer(own, log.values[value].shape, log.values[value].storage.values)
      name = own
    case .computed: preconditionFailure("a value that no node makes: a bug of the export")
    case .input, .constant:
      // Compared when the pair was made: there is a row.
      let (shape, values) = pair.row(of: value) ?? ([], [])
      let row = graph.floats(values, shape)
      let isFixed = pair.sizes[value].allSatisfy(\.isFixed)
      name = isFixed ? row : graph.add("Expand", [row, graph.shape(pair.sizes[value])])
    }
    names[value] = name
    return name
  }

  /// The name of an input of the entry.
  mutating func input(_ index: Int) -> String { name(of: entry.inputs[index]) }

  /// The sizes of an input of the entry.
  func sizes(_ index: Int) -> [RecordedPair.Size] { pair.sizes[entry.inputs[index]] }

  /// The sizes of what the entry gives.
  var result: [RecordedPair.Size] { pair.sizes[entry.output] }

  /// An error about the entry.
  func noForm(_ reason: String) -> ExportError { .noForm(entry.name, pair.place(of: current), reason) }

  /// An error about the entry.
  func hidden(_ what: String) -> ExportError { .hidden(entry.name, pair.place(of: current), what) }

  /// The entry that made a value, where nothing else uses it, and no output is it.
  private func maker(of value: Int) -> OperationLog.Entry? {
    guard case .computed(let index) = log.values[value].source, uses[value] == 1,
      !pair.first.results.contains(value)
    else { return nil }
    return log.entries[index]
  }

  /// The convolution that an entry, a batch norm, is folded into.
  var foldedConvolution: OperationLog.Entry? { folded(current) }

  private func folded(_ index: Int) -> OperationLog.Entry? {
    let entry = log.entries[index]
    guard folds, case .batchNorm = entry.operation, let maker = maker(of: entry.inputs[0]),
      case .convolution = maker.operation,
      (entry.inputs.dropFirst() + maker.inputs.dropFirst()).allSatisfy({ isParameter($0) })
    else { return nil }
    return maker
  }

  private func isParameter(_ value: Int) -> Bool {
    switch log.values[value].source {
    case .parameter: true
    case .input, .computed: false
    case .constant: pair.sizes[value].allSatisfy(\.isFixed)
    }
  }

  /// The linear layer that an entry, a recurrence, begins with.
  var gates: OperationLog.Entry? { gates(current) }

  private func gates(_ index: Int) -> OperationLog.Entry? {
    let entry = log.entries[index]
    guard case .recurrence = entry.operation, case .computed(let maker) = log.values[entry.inputs[0]].source,
      case .linear = log.entries[maker].operation
    else { return nil }
    return log.entries[maker]
  }

  private func dependencies(_ index: Int) -> [Int] {
    let entry = log.entries[index]
    if let convolution = folded(index) { return [convolution.inputs[0]] }
    if let linear = gates(index) { return linear.inputs + entry.inputs.dropFirst() }
    return entry.inputs
  }
}
