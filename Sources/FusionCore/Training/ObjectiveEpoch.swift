/// An epoch that has ended, as an objective sees it: what its own losses were.
///
/// Names are those of the objective's ``ObjectiveValue``s; the loss itself, before it is weighted, is `loss`.
public struct ObjectiveEpoch: Sendable {
  /// From 0.
  public let index: Int
  /// How many are planned.
  public let epochs: Int
  /// The means over the samples of the epoch, in training mode, while the model changed.
  public let training: [String: Double]
  /// The same on the validation part, in evaluation mode, with the weights at the epoch's end; empty where the traits do not
  /// ask for it.
  public let validation: [String: Double]

  /// An epoch.
  public init(index: Int, epochs: Int, training: [String: Double], validation: [String: Double]) {
    self.index = index
    self.epochs = epochs
    self.training = training
    self.validation = validation
  }
}
