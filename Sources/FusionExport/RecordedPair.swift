import FusionCore

/// Two passes of one model, for different numbers of samples and other values, compared operation by operation: what of
/// the first is fixed, and what follows from the number of samples.
///
/// A model is a graph if both did the same, all sizes that differ are multiples of the number of samples, and every number
/// that came from nowhere is the same in both, or one row repeated for each sample.
struct RecordedPair {
  /// A size: a number, or so many for each sample.
  enum Size: Equatable {
    case fixed(Int)
    case perSample(Int)

    var isFixed: Bool { if case .fixed = self { true } else { false } }
  }

  let first: RecordedPass
  private let second: RecordedPass
  /// For each value of the first pass, its sizes; empty for values that no operation met.
  private(set) var sizes: [[Size]]
  /// For each value of the first pass that one of the second corresponds to, which one.
  private(set) var partner: [Int?]

  /// Compares.
  ///
  /// - Throws: ``ExportError`` that names the component and the operation where they differ.
  init(_ first: RecordedPass, _ second: RecordedPass) throws(ExportError) {
    (self.first, self.second) = (first, second)
    sizes = Array(repeating: [], count: first.log.values.count)
    partner = Array(repeating: nil, count: first.log.values.count)
    for (index, entry) in first.log.entries.enumerated() {
      guard index < second.log.entries.count else { throw hidden(index, "one of two batches stops") }
      let other = second.log.entries[index]
      guard entry.name == other.name, entry.inputs.count == other.inputs.count else {
        throw hidden(index, "another batch goes on with '\(other.name)'")
      }
      for (mine, theirs) in zip(entry.inputs, other.inputs) { try match(mine, theirs, at: index) }
      try match(entry.output, other.output, at: index)
    }
    let count = first.log.entries.count
    guard count == second.log.entries.count else { throw hidden(count - 1, "one of two batches goes on") }
    // Those that no operation has met: what an encoder hands on as it is.
    for (mine, theirs) in zip(first.results, second.results) {
      if let mine, let theirs { try match(mine, theirs, at: count - 1) }
    }
  }

  /// Refuses what did the same operations in another way, with other indices for instance, where both passes have as many
  /// samples.
  func requireEqualOperations() throws(ExportError) {
    for (index, entry) in first.log.entries.enumerated() where entry.operation != other(index) {
      throw hidden(index, "two batches of as many samples are treated differently")
    }
  }

  /// What the same entry did in the second pass.
  func other(_ index: Int) -> Operation { second.log.entries[index].operation }

  /// The part that an entry belongs to.
  func part(of entry: Int) -> RecordedPass.Part {
    first.parts.first { $0.entries.contains(entry) } ?? first.parts[first.parts.count - 1]
  }

  /// The part and, where there is one, the layer of an entry, for people.
  func place(of entry: Int) -> String {
    let layer = entry < first.log.entries.count ? first.log.entries[entry].layer : nil
    return part(of: entry).title + (layer.map { " (\(first.log.layers[$0].name))" } ?? "")
  }

  private func hidden(_ entry: Int, _ what: String) -> ExportError {
    let name = entry >= 0 && entry < first.log.entries.count ? first.log.entries[entry].name : "start"
    return .hidden(name, place(of: Swift.max(entry, 0)), what)
  }

  private mutating func match(_ mine: Int, _ theirs: Int, at entry: Int) throws(ExportError) {
    if let known = partner[mine] {
      guard known == theirs else { throw hidden(entry, "two batches use different tensors") }
      return
    }
    let (a, b) = (first.log.values[mine], second.log.values[theirs])
    switch (a.source, b.source) {
    case (.input(let name), .input(let other)) where name == other: break
    case (.parameter(let name), .parameter(let other)) where name == other: break
    case (.computed(let index), .computed(let other)) where index == other: break
    case (.constant, .constant): break
    default: throw hidden(entry, "two batches use different tensors")
    }
    guard a.shape.count == b.shape.count else {
      throw hidden(entry, "\(first.samples) samples give the shape \(a.shape), \(second.samples) give \(b.shape)")
    }
    sizes[mine] = try zip(a.shape, b.shape).map { (x, y) throws(ExportError) in
      if x == y { return .fixed(x) }
      guard x % first.samples == 0, y % second.samples == 0, x / first.samples == y / second.samples else {
        throw hidden(entry, "\(first.samples) samples give the shape \(a.shape), \(second.samples) give \(b.shape)")
      }
      return .perSample(x / first.samples)
    }
    partner[mine] = theirs
    if a.source == .constant, row(of: mine) == nil {
      throw hidden(entry, "two batches use different numbers, of shape \(a.shape) and \(b.shape)")
    }
  }

  /// The numbers of a constant that are the same for any batch: all of them, or, where sizes follow from the number of
  /// samples, the one row that is repeated along them, with size 1 there. Nil where there are no such numbers.
  func row(of value: Int) -> (shape: Shape, values: [Float])? {
    guard let partner = partner[value] else { return nil }
    let pairs = [first.log.values[value], second.log.values[partner]].map { value in
      (shape: value.shape, values: value.storage.values)
    }
    let isRepeated = sizes[value].map { !$0.isFixed }
    let shape = zip(pairs[0].shape, isRepeated).map { $1 ? 1 : $0 }
    var strides = Shape(repeating: 0, count: shape.count)
    var step = 1
    for axis in shape.indices.reversed() {
      strides[axis] = isRepeated[axis] ? 0 : step
      step *= shape[axis]
    }
    var row = [Float](repeating: 0, count: step)
    var isKnown = false
    for pair in pairs {
      var digits = Shape(repeating: 0, count: shape.count)
      for place in pair.values.indices {
        let target = zip(digits, strides).reduce(0) { $0 + $1.0 * $1.1 }
        let isFirst = !isKnown && zip(digits, isRepeated).allSatisfy { !$1 || $0 == 0 }
        if isFirst {
          row[target] = pair.values[place]
        } else if row[target].bitPattern != pair.values[place].bitPattern {
          return nil
        }
        for axis in digits.indices.reversed() {
          digits[axis] += 1
          if digits[axis] < pair.shape[axis] { break }
          digits[axis] = 0
        }
      }
      isKnown = true
    }
    return (shape, row)
  }
}
