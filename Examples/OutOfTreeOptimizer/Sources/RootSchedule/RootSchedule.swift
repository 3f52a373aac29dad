import FusionCore

/// A rate that falls with the root of the step: η √(hold / max(step, hold)).
public struct RootSchedule: Schedule {
  public static let name = "root"
  public static let summary = "a rate that falls with the root of the step"

  public struct Configuration: ComponentConfiguration {
    public var hold = 100
    public init() {}
    public static let options: [Option] = [
      Option("hold", "steps before the rate begins to fall", .range(1, 1_000_000_000))
    ]
  }

  private let hold: Int

  public init(_ configuration: Configuration, length: ScheduleLength) { hold = configuration.hold }

  public func learningRate(base: Double, step: Int) -> Double {
    base * (Double(hold) / Double(max(step, hold))).squareRoot()
  }
}
