import FusionCore

/// A rate that falls with the root of the step: η √(hold / max(step, hold)).
///
/// A start: put the curve of your own in its place.
public struct SampleSchedule: Schedule {
  public static let name = "sample"
  public static let summary = "a rate that falls with the root of the step"

  public struct Configuration: ComponentConfiguration {
    public var hold = 100
    public init() {}
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
