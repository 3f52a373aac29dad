import FusionCore

/// The optimizer's learning rate throughout.
public struct ConstantSchedule: Schedule {
  /// `constant`.
  public static let name = "constant"
  /// What it is.
  public static let summary = "the same throughout"
  /// Nothing to choose.
  public typealias Configuration = NoConfiguration

  /// A schedule.
  public init(_ configuration: Configuration, length: ScheduleLength) {}

  /// The base rate.
  public func learningRate(base: Double, step: Int) -> Double { base }
}
