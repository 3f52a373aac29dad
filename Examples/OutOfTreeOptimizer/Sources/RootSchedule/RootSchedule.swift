import FusionCore

/// A rate that falls with the root of the step: η √(hold / max(step, hold)).
public struct RootSchedule: Schedule {
  /// The name in configurations.
  public static let name = "root"
  /// One line on what it does.
  public static let summary = "a rate that falls with the root of the step"

  /// What a configuration may say beside `type`.
  public struct Configuration: ComponentConfiguration {
    /// Steps before the rate begins to fall.
    public var hold = 100
    /// The defaults.
    public init() {}
    /// See the properties.
    public static let options: [Option] = [
      Option("hold", "steps before the rate begins to fall", .range(1, 1_000_000_000))
    ]
  }

  private let hold: Int

  /// From its configuration.
  public init(_ configuration: Configuration, length: ScheduleLength) { hold = configuration.hold }

  /// The rate of a step.
  public func learningRate(base: Double, step: Int) -> Double {
    base * (Double(hold) / Double(max(step, hold))).squareRoot()
  }
}
