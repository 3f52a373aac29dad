import FusionCore

/// A rate that falls with the root of the step: η √(hold / max(step, hold)).
///
/// A start: put the curve of your own in its place.
public struct SampleSchedule: Schedule {
  /// Its name in configurations.
  public static let name = "sample"
  /// What `fusionkit list` says of it.
  public static let summary = "a rate that falls with the root of the step"

  /// Its keys in configurations.
  public struct Configuration: ComponentConfiguration {
    /// Steps before the rate begins to fall.
    public var hold = 100
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("hold", "steps before the rate begins to fall", .range(1, 1_000_000_000))
    ]
  }

  private let hold: Int

  /// A schedule for a run of this length; one that depends on it says so in `dependsOnLength`.
  public init(_ configuration: Configuration, length: ScheduleLength) { hold = configuration.hold }

  /// The rate of a step, counted from 0 at the end of the warm-up.
  public func learningRate(base: Double, step: Int) -> Double {
    base * (Double(hold) / Double(max(step, hold))).squareRoot()
  }
}
