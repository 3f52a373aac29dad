import FusionCore

/// A part of a configuration text that remembers where it stood.
public struct Node: Sendable {
  /// What a node holds.
  public enum Content: Sendable {
    case scalar(Scalar)
    case sequence([Node])
    case mapping([Pair])
  }

  /// A key with its value; keys keep their order.
  public struct Pair: Sendable {
    /// The key's text.
    public let key: String
    /// Where the key stands.
    public let keyMark: Mark
    /// What stands behind it.
    public var value: Node
  }

  /// Scalar, sequence or mapping.
  public var content: Content
  /// Where it begins.
  public let mark: Mark

  /// The pairs of a mapping, else nil.
  public var pairs: [Pair]? {
    if case .mapping(let pairs) = content { return pairs }
    return nil
  }

  /// The elements of a sequence, else nil.
  public var elements: [Node]? {
    if case .sequence(let elements) = content { return elements }
    return nil
  }

  /// The meaning of a scalar, else nil.
  public var scalar: ConfigValue? {
    if case .scalar(let scalar) = content { return scalar.value }
    return nil
  }

  /// The value of a key of a mapping.
  public subscript(key: String) -> Node? { pairs?.first { $0.key == key }?.value }

  /// The mapping without a key.
  func without(_ key: String) -> Node {
    Node(content: pairs.map { .mapping($0.filter { $0.key != key }) } ?? content, mark: mark)
  }

  /// In words, for error messages.
  var description: String {
    switch content {
    case .sequence: "a list"
    case .mapping: "a map"
    case .scalar(let scalar):
      switch scalar.value {
      case .null: "nothing"
      case .string(let text): quoted(text)
      default: scalar.text
      }
    }
  }
}

/// A scalar as written, and what it means in YAML 1.2's core schema.
public struct Scalar: Sendable {
  /// The text without quotes and escapes.
  public let text: String
  /// How it was written.
  public let style: Style
  /// What it means.
  public let value: ConfigValue

  /// The five ways to write a scalar.
  public enum Style: Sendable { case plain, singleQuoted, doubleQuoted, literal, folded }
}
