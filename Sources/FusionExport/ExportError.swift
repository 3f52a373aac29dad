import FusionCore

/// A model that cannot be written as an ONNX graph, and why.
public struct ExportError: UserError, Equatable {
  /// What is wrong, and what to do.
  public let description: String
  /// 1: the run is as it is.
  public var exitStatus: Int32 { 1 }
  /// The same model will not have another graph tomorrow.
  public var isLasting: Bool { true }

  init(_ description: String) { self.description = description }

  /// An operation of a component that has no ONNX form.
  static func noForm(_ operation: String, _ place: String, _ reason: String) -> ExportError {
    ExportError("\(place) cannot be exported: the operation '\(operation)' \(reason)")
  }

  /// A result that follows from values in a way that no operation shows.
  static func hidden(_ operation: String, _ place: String, _ what: String) -> ExportError {
    ExportError(
      "\(place) cannot be exported: at the operation '\(operation)' \(what): its result depends on values of the input in a "
        + "way that the graph does not show\n  compute it with operations on tensors alone, or give the operation an "
        + "'expansion' (Tensor.recorded)")
  }
}
