import FusionCore
import Foundation

/// The numbers that a parameter of a search may be: all between two bounds, or evenly spaced ones.
public struct SweepRange: Sendable, Equatable {
  /// The smallest.
  public let low: Double
  /// The largest.
  public let high: Double
  /// Whether ratios count and not differences.
  public let isLogarithmic: Bool
  /// The distance of the numbers; nil: not given.
  public let step: Double?
  /// How many numbers, both bounds among them; nil: not given.
  public let count: Int?
  /// Whether the key takes whole numbers only.
  public internal(set) var isWhole = false

  /// Whole numbers beyond this one are not all there as a Double.
  static let largestWhole = 0x1p53

  /// How many different numbers there are; nil: more than can be counted.
  public var size: Int? {
    if let list { return list.count }
    if let step { return steps(of: step) }
    return isWhole ? Int(high - low) + 1 : nil
  }

  /// So many numbers fit between the bounds.
  private func steps(of step: Double) -> Int { Int(min(1e15, ((high - low) / step + 1e-9).rounded(.down))) + 1 }

  /// The evenly spaced numbers, in order; nil where neither their distance nor their number is given. Of whole numbers
  /// that are not spaced by ratios the distance is 1.
  public var list: [ConfigValue]? {
    let numbers: [Double]
    if let count {
      numbers = (0..<count).map { index in
        if index == count - 1 { return high }
        let share = Double(index) / Double(count - 1)
        return isLogarithmic ? exp(log(low) + (log(high) - log(low)) * share) : low + (high - low) * share
      }
    } else if let step = step ?? (isWhole && !isLogarithmic ? 1 : nil) {
      let size = steps(of: step)
      guard size <= SweepSettings.mostTrials else { return nil }
      numbers = (0..<size).map { low + Double($0) * step }
    } else {
      return nil
    }
    // Rounding may make neighbours equal.
    return numbers.map { value($0, digits: 12) }.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }

  /// The number at a share of the range: shares drawn evenly from 0 ..< 1 give numbers drawn evenly, or with even ratios.
  ///
  /// Numbers that are not spaced are rounded to 6 significant digits.
  func value(at share: Double) -> ConfigValue {
    if let list { return list[min(list.count - 1, Int(share * Double(list.count)))] }
    guard isWhole else {
      return value(
        isLogarithmic ? exp(log(low) + (log(high) - log(low)) * share) : low + (high - low) * share, digits: 6)
    }
    // Half a number on either side, so that the bounds are no rarer than their neighbours.
    return value(
      isLogarithmic
        ? exp(log(low - 0.5) + (log(high + 0.5) - log(low - 0.5)) * share)
        : low - 0.5 + (high - low + 1) * share, digits: 17)
  }

  /// Number `index` of a range whose ``size`` is known.
  func value(numbered index: Int) -> ConfigValue {
    list.map { $0[index] } ?? value(low + Double(index) * (step ?? 1), digits: 17)
  }

  /// A number inside of the bounds, whole where it has to be, with so many significant digits.
  private func value(_ number: Double, digits: Int) -> ConfigValue {
    let inside = min(high, max(low, number))
    if isWhole { return .integer(Int(min(high.rounded(.down), max(low.rounded(.up), inside.rounded())))) }
    let rounded = Double(String(format: "%.\(digits)g", inside)) ?? inside
    return .number(min(high, max(low, rounded)))
  }

  /// As in a file, with all keys.
  var configValue: ConfigValue {
    func number(_ value: Double) -> ConfigValue { isWhole ? .integer(Int(value)) : .number(value) }
    return .map([
      .init("low", number(low)), .init("high", number(high)), .init("log", .boolean(isLogarithmic)),
      .init("step", step.map(number) ?? .null), .init("count", count.map { .integer($0) } ?? .null),
    ])
  }
}

/// The keys of a range in a file.
struct SweepRangeSettings: ComponentConfiguration {
  var low: Double?
  var high: Double?
  var log = false
  var step: Double?
  var count: Int?

  init() {}

  static let options = [
    Option("low", "the smallest number"), Option("high", "the largest number"),
    Option("log", "whether ratios count and not differences"),
    Option("step", "distance of the numbers; none: all between the bounds", .above(0)),
    Option(
      "count", "how many numbers, evenly spaced, the bounds among them; none: all between the bounds",
      .range(2, Double(SweepSettings.mostTrials))),
  ]
}
