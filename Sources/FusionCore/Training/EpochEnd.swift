/// The end of an epoch, as an objective is told of it: ``Objective/epochEnded(_:)``.
public struct EpochEnd: Sendable, Equatable {
  /// What an objective's loss and the values beside it came out as, each the mean over the samples that it was computed of.
  public struct Terms: Sendable, Equatable {
    /// The objective's own loss, before it is weighted, as it is reported; nil where no batch had one.
    public let loss: Double?
    /// The values of ``ObjectiveLoss/values``, and those of `adjust`, by name.
    public let values: [String: Double]

    /// Terms.
    public init(loss: Double?, values: [String: Double] = [:]) {
      self.loss = loss
      self.values = values
    }
  }

  /// The epoch that ended, from 0, counted within the stage.
  public let epoch: Int
  /// How many epochs are planned.
  public let epochs: Int
  /// The name of the stage; nil where the training has no stages.
  public let stage: String?
  /// The means over the epoch's steps, while the weights changed: what `history.csv` holds.
  public let training: Terms
  /// The same on the validation part with the weights at the epoch's end; nil where the traits do not ask for it.
  public let validation: Terms?

  /// The end of an epoch.
  public init(epoch: Int, epochs: Int, stage: String? = nil, training: Terms, validation: Terms? = nil) {
    self.epoch = epoch
    self.epochs = epochs
    self.stage = stage
    self.training = training
    self.validation = validation
  }
}
