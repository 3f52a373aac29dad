/// What a forward pass was made of: every operation in order, with what went in and what came out.
///
/// A device that has a log writes every operation down, with values (to export a model) or without (to find shapes and
/// costs). A tensor is known by its storage and its shape, which together say which values it has: tensors never change.
/// An operation that is written as others, as the norm of a vector, is in the log as those others.
public final class OperationLog {
  /// Where a value comes from.
  public enum Source: Equatable {
    /// Given to the model.
    case input(String)
    /// A parameter or a buffer.
    case parameter(String)
    /// Made during the pass, from no tensor.
    case constant
    /// The result of the entry with this index.
    case computed(Int)
  }

  /// A value in the log.
  public struct Value {
    /// Its shape.
    public let shape: Shape
    /// Its values; abstract where only shapes are known.
    public let storage: Storage
    /// Where it comes from.
    public let source: Source
    /// Whether it depends on an input: parameters and what follows from them alone does not.
    public let isOfInput: Bool
  }

  /// An operation in the log.
  public struct Entry {
    /// Its name, as messages have it.
    public let name: String
    /// What it does.
    public let operation: Operation
    /// What went in: indices of ``OperationLog/values``.
    public let inputs: [Int]
    /// What came out: an index of ``OperationLog/values``.
    public let output: Int
    /// The layer that it ran in: an index of ``OperationLog/layers``; nil outside one.
    public let layer: Int?
  }

  /// A part of the model that is told of as one: a linear layer, a block of convolutions.
  public struct Layer: Equatable {
    /// The dotted name, as in the saved model.
    public let name: String
    /// What it is, for example `linear 240 → 100`.
    public let kind: String
    /// What runs it, where that is worth telling.
    public let path: String?

    /// A layer.
    public init(name: String, kind: String, path: String? = nil) {
      (self.name, self.kind, self.path) = (name, kind, path)
    }
  }

  private struct Key: Hashable {
    let storage: ObjectIdentifier
    let shape: Shape
    init(_ tensor: Tensor) { (storage, shape) = (ObjectIdentifier(tensor.storage), tensor.shape) }
  }

  /// All values.
  public private(set) var values: [Value] = []
  /// All operations, in order.
  public private(set) var entries: [Entry] = []
  /// The layers that operations ran in, in the order of their first operation; one that ran twice is there once.
  public private(set) var layers: [Layer] = []
  /// Whether operations are written down at the moment.
  public private(set) var isRecording = false
  private var index: [Key: Int] = [:]
  private var layer: Int?

  /// An empty log.
  public init() {}

  /// Writes down what `body` computes.
  public func record<Result>(_ body: () -> Result) -> Result { recording(true, body) }

  /// Writes down nothing of what `body` computes.
  public func pause<Result>(_ body: () -> Result) -> Result { recording(false, body) }

  /// Runs `body` as a layer, which is the outermost one where layers hold layers.
  public func inLayer<Result>(_ new: @autoclosure () -> Layer, _ body: () -> Result) -> Result {
    guard layer == nil, isRecording else { return body() }
    let new = new()
    layer = layers.firstIndex(of: new) ?? layers.count
    if layer == layers.count { layers.append(new) }
    defer { layer = nil }
    return body()
  }

  private func recording<Result>(_ isRecording: Bool, _ body: () -> Result) -> Result {
    let before = self.isRecording
    self.isRecording = isRecording
    defer { self.isRecording = before }
    return body()
  }

  /// Says that a tensor is given to the model.
  public func addInput(_ name: String, _ tensor: Tensor) { add(tensor, .input(name), isOfInput: true) }

  /// Says that a tensor is a parameter or a buffer.
  public func addParameter(_ name: String, _ tensor: Tensor) { add(tensor, .parameter(name), isOfInput: false) }

  /// What was given to the model under a name; nil: nothing was.
  public func input(_ name: String) -> Value? { values.first { $0.source == .input(name) } }

  /// The name under which it is given whether each sample has the modality at a place, 1 or 0, `[N]`: where there is such
  /// an input, what follows from who lacks what is computed from it, and so written down.
  public static func presence(ofModality index: Int) -> String { "presence.\(index)" }

  /// The index of a tensor's value; nil for one that no operation has met.
  public func value(of tensor: Tensor) -> Int? { index[Key(tensor)] }

  /// Writes an operation down, unless its result is known already: then it was written as others.
  func append(_ name: StaticString, _ operation: @autoclosure () -> Operation, _ inputs: [Tensor], _ output: Tensor) {
    guard isRecording, index[Key(output)] == nil else { return }
    let inputs = inputs.map { index[Key($0)] ?? add($0, .constant, isOfInput: false) }
    let isOfInput = inputs.contains { values[$0].isOfInput }
    let result = add(output, .computed(entries.count), isOfInput: isOfInput)
    entries.append(Entry(name: "\(name)", operation: operation(), inputs: inputs, output: result, layer: layer))
  }

  @discardableResult
  private func add(_ tensor: Tensor, _ source: Source, isOfInput: Bool) -> Int {
    values.append(Value(shape: tensor.shape, storage: tensor.storage, source: source, isOfInput: isOfInput))
    index[Key(tensor)] = values.count - 1
    return values.count - 1
  }
}
