import FusionCore

/// One `--set key.key=value`.
struct Override {
  private let steps: [String]
  private let value: Node
  private let mark: Mark

  /// Whether it says which component, data set or kind of setting is meant.
  var choosesType: Bool { steps.last == "type" || steps.last == "dataset" }

  /// Parses `training.epochs=5`; the value is YAML, so `data.classes=[0, 1]` is a list.
  init(_ text: String, order: Int) throws(ConfigError) {
    let argument = Source(name: "--set \(text.excerpt(120))", text: "", order: order, isArgument: true)
    mark = Mark(argument, line: 1, column: 1)
    guard let equals = text.firstIndex(of: "=") else {
      throw ConfigError(
        Diagnostic(mark, "expected KEY=VALUE", notes: ["for example: --set training.epochs=5"]))
    }
    steps = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
    guard !steps.contains("") else {
      throw ConfigError(
        Diagnostic(mark, "a key is missing; keys are joined by dots", notes: ["for example: --set training.epochs=5"]))
    }
    guard steps[0] != "extends" else {
      throw ConfigError(Diagnostic(mark, "'extends' belongs in a file; here, name another file instead"))
    }
    guard steps.count <= 32 else { throw ConfigError(Diagnostic(mark, "more than 32 keys")) }
    let valueText = text[text.index(after: equals)...]
    if valueText.allSatisfy(\.isWhitespace) {
      value = Node(content: .scalar(Scalar(text: "", style: .plain, value: .null)), mark: mark)
    } else {
      value = try NodeParser.parse(
        checkedSource(name: argument.name, bytes: Array(valueText.utf8), order: order, isArgument: true))
    }
  }

  /// A value for the key at the end of a path, which was found at `mark`.
  init(steps: [String], value: Node, mark: Mark) {
    (self.steps, self.value, self.mark) = (steps, value, mark)
  }

  /// The document with all values at their places; everything that is wrong with them at once.
  ///
  /// A type first: it starts a component afresh, and options given for it, in whatever order, are to survive that.
  static func applied(_ overrides: [Override], to root: Node) throws(ConfigError) -> Node {
    var findings = Findings()
    var result = root
    for override in overrides.filter(\.choosesType) + overrides.filter({ !$0.choosesType }) {
      do throws(ConfigError) {
        result = try override.applied(to: result)
      } catch {
        findings.add(error)
      }
    }
    try findings.throwIfAny()
    return result
  }

  /// The document with the value at its place; maps on the way are made.
  func applied(to root: Node) throws(ConfigError) -> Node { try assign(steps[...], in: root) }

  private func assign(_ rest: ArraySlice<String>, in node: Node?) throws(ConfigError) -> Node {
    guard let step = rest.first else { return node.map { value.merged(over: $0) } ?? value }
    if var elements = node?.elements {
      guard let index = Int(step), elements.indices.contains(index) else {
        let range = elements.isEmpty ? "it is empty" : "its elements are 0 to \(elements.count - 1)"
        throw ConfigError(
          Diagnostic(mark, "\(place(before: rest)) is a list without an element \(quoted(step)): \(range)"))
      }
      elements[index] = try assign(rest.dropFirst(), in: elements[index])
      return Node(content: .sequence(elements), mark: node?.mark ?? mark)
    }
    if let node, node.pairs == nil, node.scalar != .null {
      throw ConfigError(
        Diagnostic(mark, "\(place(before: rest)) is \(node.description), it has no key \(quoted(step))"))
    }
    let pair = Node.Pair(key: step, keyMark: mark, value: try assign(rest.dropFirst(), in: node?[step]))
    let own = Node(content: .mapping([pair]), mark: mark)
    return node.map { own.merged(over: $0) } ?? own
  }

  private func place(before rest: ArraySlice<String>) -> String {
    quoted(steps[..<rest.startIndex].joined(separator: "."))
  }
}
