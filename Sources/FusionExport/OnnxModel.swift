import FusionCore

/// An ONNX model: what is written to the file, in the words of its specification (`onnx.proto`, IR version 8).
struct OnnxModel {
  /// The version of the operators that the graph is written in.
  static let opset = 18

  /// A type of numbers, with its number in the specification.
  enum ElementType: Int {
    case float32 = 1
    case uint8, int8, uint16, int16, int32, int64
    case bool = 9
    case float16, float64, uint32, uint64
    case bfloat16 = 16
  }

  /// A size in the shape of an input or output.
  enum Dimension: Equatable {
    case fixed(Int)
    /// As many as there are samples.
    case batch
    /// Whatever comes out.
    case open(String)
  }

  /// An input or output of the graph.
  struct Value: Equatable {
    let name: String
    let type: ElementType
    let shape: [Dimension]
  }

  /// Numbers that the model holds.
  struct Initializer {
    let name: String
    let type: ElementType
    let shape: Shape
    /// Row-major, little-endian.
    let bytes: [UInt8]
  }

  /// What an operator is told beside its inputs.
  enum Attribute: Equatable {
    case int(Int)
    case ints([Int])
    case float(Float)
    case text(String)
  }

  /// An operator at work. An input that is left out has an empty name.
  struct Node {
    let operation: String
    let name: String
    let inputs: [String]
    let outputs: [String]
    let attributes: [(name: String, value: Attribute)]
  }

  var name = "model"
  var inputs: [Value] = []
  var outputs: [Value] = []
  var initializers: [Initializer] = []
  var nodes: [Node] = []
  /// What a reader should know: names and texts.
  var metadata: [(key: String, value: String)] = []

  /// The model as the specification writes it.
  var message: ProtobufMessage {
    var model = ProtobufMessage()
    model.add(1, 8)
    model.add(2, "fusionkit")
    model.add(3, FusionKit.version)
    model.add(7, graph)
    var operators = ProtobufMessage()
    operators.add(1, "")
    operators.add(2, Self.opset)
    model.add(8, operators)
    for (key, value) in metadata {
      var entry = ProtobufMessage()
      entry.add(1, key)
      entry.add(2, value)
      model.add(14, entry)
    }
    return model
  }

  private var graph: ProtobufMessage {
    var graph = ProtobufMessage()
    for node in nodes { graph.add(1, node.message) }
    graph.add(2, name)
    for initializer in initializers { graph.add(5, initializer.message) }
    for input in inputs { graph.add(11, input.message) }
    for output in outputs { graph.add(12, output.message) }
    return graph
  }
}

extension OnnxModel.Node {
  fileprivate var message: ProtobufMessage {
    var node = ProtobufMessage()
    for input in inputs { node.add(1, input) }
    for output in outputs { node.add(2, output) }
    node.add(3, name)
    node.add(4, operation)
    for (name, value) in attributes { node.add(5, value.message(name)) }
    return node
  }
}

extension OnnxModel.Attribute {
  fileprivate func message(_ name: String) -> ProtobufMessage {
    var attribute = ProtobufMessage()
    attribute.add(1, name)
    switch self {
    case .float(let value):
      attribute.add(2, value)
      attribute.add(20, 1)
    case .int(let value):
      attribute.add(3, value)
      attribute.add(20, 2)
    case .text(let value):
      attribute.add(4, value)
      attribute.add(20, 3)
    case .ints(let values):
      for value in values { attribute.add(8, value) }
      attribute.add(20, 7)
    }
    return attribute
  }
}

extension OnnxModel.Initializer {
  fileprivate var message: ProtobufMessage {
    var tensor = ProtobufMessage()
    for size in shape { tensor.add(1, size) }
    tensor.add(2, type.rawValue)
    tensor.add(8, name)
    tensor.add(9, bytes)
    return tensor
  }
}

extension OnnxModel.Value {
  fileprivate var message: ProtobufMessage {
    var shape = ProtobufMessage()
    for size in self.shape {
      var dimension = ProtobufMessage()
      switch size {
      case .fixed(let count): dimension.add(1, count)
      case .batch: dimension.add(2, "N")
      case .open(let name): dimension.add(2, name)
      }
      shape.add(1, dimension)
    }
    var tensor = ProtobufMessage()
    tensor.add(1, type.rawValue)
    tensor.add(2, shape)
    var type = ProtobufMessage()
    type.add(1, tensor)
    var value = ProtobufMessage()
    value.add(1, name)
    value.add(2, type)
    return value
  }
}
