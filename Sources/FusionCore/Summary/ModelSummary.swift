/// Shapes, layers and costs of a pipeline, from one run of its components without values, and what was found wrong.
public struct ModelSummary: Sendable {
  /// One row of `fusionkit describe CONFIG`.
  public struct Layer: Sendable, Equatable {
    /// The dotted name, as in the saved model.
    public let name: String
    /// What it is, for example `conv 3x3`.
    public let kind: String
    /// The shape of its output for one sample.
    public let output: Shape
    /// The number of trained values.
    public let parameters: Int
    /// Floating-point operations for one sample, a multiplication and an addition counted as two.
    public let flops: Int
    /// What runs it, where that is worth telling: the name of an engine's path.
    public let path: String?
    /// How many values of a channel its batch norm sees of one sample: with one, a batch needs two samples; nil: it has no
    /// batch norm.
    public let normalised: Int?
  }

  /// The layers written down so far.
  public private(set) var layers: [Layer] = []
  /// What was found wrong so far.
  public private(set) var problems: [Problem] = []
  /// The bytes that runs without values took for tensors: 0, unless a component makes some on another device.
  package var bytesTaken = 0
  private var names: [String] = []
  private var keys: [String] = []

  /// An empty summary.
  public init() {}

  /// The sum over all layers.
  public var parameterCount: Int { layers.reduce(0) { $0 + $1.parameters } }
  /// The sum over all layers, for one sample.
  public var flops: Int { layers.reduce(0) { $0 + $1.flops } }

  /// Runs `body` with layer names below `name` and problems below the configuration keys `keys`.
  public mutating func scope<Result>(
    _ name: String, keys scopeKeys: [String] = [], _ body: (inout ModelSummary) -> Result
  ) -> Result {
    if !name.isEmpty { names.append(name) }
    keys += scopeKeys
    defer {
      if !name.isEmpty { names.removeLast() }
      keys.removeLast(scopeKeys.count)
    }
    return body(&self)
  }

  /// The dotted name of what is being looked at.
  var path: String { names.joined(separator: ".") }

  /// Adds layers whose names are complete.
  mutating func add(_ layers: [Layer]) { self.layers += layers }

  /// Writes down a layer.
  public mutating func layer(
    _ name: String, _ kind: String, output: Shape, parameters: Int = 0, flops: Int = 0, path: String? = nil,
    normalised: Int? = nil
  ) {
    layers.append(
      Layer(
        name: (names + (name.isEmpty ? [] : [name])).joined(separator: "."), kind: kind, output: output,
        parameters: parameters, flops: flops, path: path, normalised: normalised))
  }

  /// Reports a problem.
  ///
  /// - Parameters:
  ///   - key: the configuration key of this component that is to blame, if one is.
  public mutating func problem(_ message: String, key: String? = nil, hint: String? = nil) {
    problems.append(Problem(path: keys + (key.map { [$0] } ?? []), message, hint: hint))
  }
}
