import FusionCore

// Attention and recurrent layers.
extension GraphTranslation {
  /// softmax(scale · Q Kᵀ + masks) · V for each sample and head; zeros for a query that may look at no key.
  mutating func attended(_ attention: Operation.Attention) -> String {
    let samples = self.samples(attention)
    func heads(_ side: Operation.Attention.Side, _ tokens: Int, _ depth: Int) -> String {
      let shape = log.values[entry.inputs[side.input]].shape
      let row = shape.elementCount / max(attention.samples * tokens, 1)
      var x = input(side.input)
      let width = attention.heads * depth
      if row != width {
        x = reshaped(x, to: [samples, .fixed(tokens), .fixed(row)])
        x = graph.add(
          "Slice", [x, graph.ints([side.offset]), graph.ints([side.offset + width]), graph.ints([2])])
      }
      x = reshaped(x, to: [samples, .fixed(tokens), .fixed(attention.heads), .fixed(depth)])
      return graph.add("Transpose", [x], [("perm", .ints([0, 2, 1, 3]))])
    }
    let queries = heads(attention.queries, attention.queryCount, attention.depth)
    let keys = heads(attention.keys, attention.keyCount, attention.depth)
    let values = heads(attention.values, attention.keyCount, attention.valueDepth)
    let products = graph.add("MatMul", [queries, transposed(keys, rank: 4)])
    var scores = graph.add("Mul", [products, graph.float(attention.scale)])
    let hidden = graph.float(-.infinity)
    let first = entry.inputs.count - attention.masks.count
    for (place, kind) in attention.masks.enumerated() {
      let mask = self.mask(first + place, attention, samples)
      switch kind {
      case .additive: scores = graph.add("Add", [scores, mask])
      case .allowed: scores = graph.add("Where", [asTruth(mask), scores, hidden])
      case .ignored: scores = graph.add("Where", [asTruth(mask), hidden, scores])
      }
    }
    if attention.isCausal {
      let (t, s) = (attention.queryCount, attention.keyCount)
      let seen = (0..<t * s).map { Float($0 % s <= $0 / s ? 1 : 0) }
      scores = graph.add("Where", [asTruth(graph.floats(seen, [1, 1, t, s])), scores, hidden])
    }
    let weights: String
    if attention.masks.isEmpty {
      weights = graph.add("Softmax", [scores], [("axis", .int(-1))])
    } else {
      let largest = graph.add("ReduceMax", [scores, graph.ints([-1])], [("keepdims", .int(1))])
      let isSeeing = graph.add("Greater", [largest, hidden])
      let zero = graph.float(0)
      let safe = graph.add("Where", [isSeeing, scores, zero])
      weights = graph.add("Where", [isSeeing, graph.add("Softmax", [safe], [("axis", .int(-1))]), zero])
    }
    let joined = graph.add(
      "Transpose", [graph.add("MatMul", [weights, values])], [("perm", .ints([0, 2, 1, 3]))])
    return reshaped(joined, to: result)
  }

  /// How many samples an attention has: all dimensions in front are one.
  private func samples(_ attention: Operation.Attention) -> RecordedPair.Size {
    guard case .attention(let other) = pair.other(current), other.samples != attention.samples else {
      return .fixed(attention.samples)
    }
    return .perSample(attention.samples / pair.first.samples)
  }

  /// A mask that broadcasts to `[samples, heads, T, S]`.
  private mutating func mask(
    _ index: Int, _ attention: Operation.Attention, _ samples: RecordedPair.Size
  ) -> String {
    let (mask, rank) = (input(index), sizes(index).count)
    // That of several heads is of that shape already; else there are as many dimensions as queries have, and no heads.
    guard entry.name != "multiHeadAttention", rank > 2 else { return mask }
    let target = result.dropLast(2) + sizes(index).suffix(2)
    let whole = broadcast(mask, sizes(index), to: Array(target))
    return reshaped(whole, to: [samples, .fixed(1)] + sizes(index).suffix(2))
  }

  private mutating func asTruth(_ x: String) -> String {
    graph.add("Cast", [x], [("to", .int(OnnxModel.ElementType.bool.rawValue))])
  }

  /// ONNX's `GRU` or `LSTM`, with the linear layer of x that the engine runs before: its gates stand in another order there.
  mutating func recurrence(
    _ gates: Int, _ width: Int, _ isReversed: Bool, _ lengths: [Int]?, _ other: [Int]?
  ) throws(ExportError) -> String {
    let isLSTM = gates == 4
    // PyTorch's r, z, n as z, r, n; i, f, g, o as i, o, f, g.
    let order = isLSTM ? [0, 3, 1, 2] : [1, 0, 2]
    func ordered(_ x: String) -> String {
      let parts = order.map { gate in
        graph.add("Slice", [x, graph.ints([gate * width]), graph.ints([(gate + 1) * width]), graph.ints([0])])
      }
      return graph.add("Concat", parts, [("axis", .int(0))])
    }
    func front(_ x: String) -> String { graph.add("Unsqueeze", [x, graph.ints([0])]) }
    let states = isLSTM ? 2 : 1
    let all = gates * width
    func zeros() -> String { graph.floats([Float](repeating: 0, count: all), [all]) }
    let (x, inputWeight, inputBias): (String, String, String)
    if let linear = self.gates {
      (x, inputWeight) = (name(of: linear.inputs[0]), name(of: linear.inputs[1]))
      inputBias = linear.inputs.count == 3 ? name(of: linear.inputs[2]) : zeros()
    } else {
      x = input(0)
      inputWeight = graph.floats((0..<all * all).map { $0 / all == $0 % all ? 1 : 0 }, [all, all])
      inputBias = zeros()
    }
    let hiddenBias = entry.inputs.count > 2 + states ? input(2 + states) : zeros()
    let bias = front(graph.add("Concat", [ordered(inputBias), ordered(hiddenBias)], [("axis", .int(0))]))
    var sequenceLengths = ""
    if lengths != nil || other != nil {
      guard let lengths, let other, Set(lengths + other).count == 1 else {
        throw self.hidden("two batches have sequences of different lengths")
      }
      sequenceLengths = graph.add("Expand", [graph.shortInts([lengths[0]]), graph.shape([sizes(1)[0]])])
    }
    let inputs =
      [
        graph.add("Transpose", [x], [("perm", .ints([1, 0, 2]))]), front(ordered(inputWeight)),
        front(ordered(input(1 + states))), bias, sequenceLengths,
      ] + (0..<states).map { front(input(1 + $0)) }
    let direction: OnnxModel.Attribute = .text(isReversed ? "reverse" : "forward")
    let attributes: [(name: String, value: OnnxModel.Attribute)] =
      [("hidden_size", .int(width)), ("direction", direction)] + (isLSTM ? [] : [("linear_before_reset", .int(1))])
    let results = graph.add(isLSTM ? "LSTM" : "GRU", inputs, attributes, results: isLSTM ? 3 : 2)
    let steps = graph.add(
      "Transpose", [graph.add("Squeeze", [results[0], graph.ints([1])])], [("perm", .ints([1, 0, 2]))])
    guard isLSTM else { return front(steps) }
    recurrences[entry.output] = (steps, results[2])
    return steps
  }

  /// A recurrence's state after the last step.
  mutating func lastState(_ index: Int, _ last: [Int?], _ other: [Int?]) throws(ExportError) -> String {
    guard Set(last + other).count == 1, let step = last.first else {
      throw hidden("two batches have sequences of different lengths")
    }
    guard let step else { return input(1) }
    if index == 1, let states = recurrences[entry.inputs[0]] {
      return graph.add("Squeeze", [states.memory, graph.ints([0])])
    }
    let steps: String
    if let states = recurrences[entry.inputs[0]] {
      steps = states.steps
    } else {
      steps = graph.add("Squeeze", [input(0), graph.ints([0])])
    }
    return graph.add("Gather", [steps, graph.ints([step], [])], [("axis", .int(1))])
  }
}
