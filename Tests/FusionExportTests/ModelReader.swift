/// Reads the wire format of protocol buffers, for tests alone: it trusts its input.
struct WireMessage {
  enum Field {
    case number(UInt64)
    case bytes([UInt8])
  }

  private var fields: [Int: [Field]] = [:]

  init(_ bytes: [UInt8]) {
    var rest = bytes[...]
    func varint() -> UInt64 {
      var (value, shift): (UInt64, UInt64) = (0, 0)
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 0x7f) << shift
        shift += 7
        if byte < 0x80 { break }
      }
      return value
    }
    while !rest.isEmpty {
      let tag = varint()
      let field: Field
      switch tag & 7 {
      case 0: field = .number(varint())
      case 2:
        let length = Int(varint())
        field = .bytes(Array(rest.prefix(length)))
        rest = rest.dropFirst(length)
      default:
        field = .number(rest.prefix(4).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        rest = rest.dropFirst(4)
      }
      fields[Int(tag >> 3), default: []].append(field)
    }
  }

  func numbers(_ field: Int) -> [Int] {
    (fields[field] ?? []).compactMap { if case .number(let value) = $0 { Int(Int64(bitPattern: value)) } else { nil } }
  }
  func bytes(_ field: Int) -> [[UInt8]] {
    (fields[field] ?? []).compactMap { if case .bytes(let value) = $0 { value } else { nil } }
  }
  func texts(_ field: Int) -> [String] { bytes(field).map { String(decoding: $0, as: UTF8.self) } }
  func messages(_ field: Int) -> [WireMessage] { bytes(field).map(WireMessage.init) }
  func text(_ field: Int) -> String { texts(field).first ?? "" }
  func number(_ field: Int) -> Int { numbers(field).first ?? 0 }
}

/// What is in an ONNX file.
struct ReadModel {
  struct Node {
    let operation, name: String
    let inputs, outputs: [String]
    let attributes: [String: WireMessage]
  }
  struct Port: Equatable {
    let name: String
    let type: Int
    let shape: [String]
  }
  struct Weights {
    let shape: [Int]
    let type: Int
    let bytes: [UInt8]
    var floats: [Float] {
      bytes.withUnsafeBytes { raw in
        (0..<raw.count / 4).map {
          Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
        }
      }
    }
  }

  let version, opset: Int
  let producer: String
  let metadata: [String: String]
  let nodes: [Node]
  let weights: [String: Weights]
  let inputs, outputs: [Port]

  init(_ bytes: [UInt8]) {
    let model = WireMessage(bytes)
    let graph = model.messages(7)[0]
    (version, producer) = (model.number(1), model.text(2))
    opset = model.messages(8)[0].number(2)
    metadata = Dictionary(uniqueKeysWithValues: model.messages(14).map { ($0.text(1), $0.text(2)) })
    nodes = graph.messages(1).map { node in
      Node(
        operation: node.text(4), name: node.text(3), inputs: node.texts(1), outputs: node.texts(2),
        attributes: Dictionary(uniqueKeysWithValues: node.messages(5).map { ($0.text(1), $0) }))
    }
    weights = Dictionary(
      uniqueKeysWithValues: graph.messages(5).map {
        ($0.text(8), Weights(shape: $0.numbers(1), type: $0.number(2), bytes: $0.bytes(9).first ?? []))
      })
    func ports(_ field: Int) -> [Port] {
      graph.messages(field).map { port in
        let tensor = port.messages(2)[0].messages(1)[0]
        let sizes = tensor.messages(2)[0].messages(1).map { $0.texts(2).first ?? "\($0.number(1))" }
        return Port(name: port.text(1), type: tensor.number(1), shape: sizes)
      }
    }
    (inputs, outputs) = (ports(11), ports(12))
  }

  var operations: [String] { nodes.map(\.operation) }

  /// What is wrong with the graph: values that are used before they are made, or made twice, and outputs that nobody makes.
  var mistakes: [String] {
    var known = Set(inputs.map(\.name)).union(weights.keys)
    var mistakes: [String] = []
    for node in nodes {
      mistakes += node.inputs.filter { !$0.isEmpty && !known.contains($0) }.map { "\(node.name) uses \($0)" }
      mistakes += node.outputs.filter { !known.insert($0).inserted }.map { "\(node.name) makes \($0) again" }
    }
    return mistakes + outputs.filter { !known.contains($0.name) }.map { "nobody makes \($0.name)" }
  }

  /// Weights that no node uses.
  var unused: [String] { weights.keys.filter { name in !nodes.contains { $0.inputs.contains(name) } } }
}
