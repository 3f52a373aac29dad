import FusionCore

/// A metric that decides which epoch is kept, or when to stop, has no value.
struct UndefinedMetricError: UserError {
  /// As in the configuration: `validation.auroc`.
  let metric: String
  /// The key that asks for it.
  let key: String
  /// The epoch, from 1.
  let epoch: Int

  var exitStatus: Int32 { 1 }
  var isLasting: Bool { true }
  var description: String {
    "'\(metric)', which \(key) watches, is not defined in epoch \(epoch): nothing can be chosen by it\n"
      + "  watch another metric, for example validation.loss"
  }
}
