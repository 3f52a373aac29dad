import FusionCore

/// The key of `training.schedule` that stands beside those of every schedule.
struct SchedulePartSettings: ComponentConfiguration, Equatable {
  /// Epochs, parts of one too, over which the rate rises in a straight line to its full value.
  var warmupEpochs = 0.0

  private enum CodingKeys: String, CodingKey { case warmupEpochs = "warmup_epochs" }

  /// See the properties.
  static let options = [
    Option(
      "warmup_epochs", "epochs, parts of one too, over which the rate rises in a straight line to its full value",
      .atLeast(0))
  ]
}
