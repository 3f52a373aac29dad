// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
import FusionCore

/// One operation of the engine at a time, over two vectors of 48 numbers: scripts/interop.py exports each of them.
public struct OperationFusion: Fusion {
  public static let name = "operation"
  public static let summary = "one operation of the engine over two vectors of 48 numbers"

  public struct Configuration: ComponentConfiguration {
    public var operation = "add"
    public init() {}
    public static let options: [Option] = [Option("operation", "which one; list: an error that names all of them")]
  }

  private let operation: String
  private let weight: Parameter

  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    operation = configuration.operation
    weight = context.parameter("weight", [48, 48], .layerDefault)
    guard OperationTable.all[operation] == nil, OperationTable.refused[operation] == nil else { return }
    let known = OperationTable.all.keys.sorted().joined(separator: " ")
    let refused = OperationTable.refused.keys.sorted().joined(separator: " ")
    context.problem("there is no operation '\(operation)'\nknown: \(known)\nrefused: \(refused)", key: "operation")
  }

  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let operands = OperationTable.Operands(features.vectors, pass[weight], pass)
    let y = (OperationTable.all[operation] ?? OperationTable.refused[operation])?(operands) ?? operands.x
    return y.reshaped([y.shape[0], Shape(y.shape.dropFirst()).elementCount])
  }
}
