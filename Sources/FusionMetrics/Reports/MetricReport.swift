import FusionCore

/// Named results in a fixed order; what is not defined for the data is left out, never NaN.
public struct MetricReport: Sendable, Equatable {
  /// One result.
  public struct Entry: Sendable, Equatable {
    /// For example `f1_macro`.
    public let name: String
    /// A finite number.
    public let value: Double
  }

  /// The results, the loss first.
  public private(set) var entries: [Entry] = []
  /// Which class was taken for which; nil where the task has no classes.
  public let confusion: ConfusionMatrix?
  /// The counts of every class or label, in order; empty for regression.
  public let perClass: [ClassCounts]
  /// Why results are not among the entries, by name.
  public private(set) var undefined: [String: String] = [:]

  /// A report of what metrics gave.
  public init(
    _ results: [(name: String, result: MetricResult)], confusion: ConfusionMatrix? = nil, perClass: [ClassCounts] = []
  ) {
    self.confusion = confusion
    self.perClass = perClass
    for (name, result) in results {
      switch result {
      case .value(let value) where value.isFinite: entries.append(Entry(name: name, value: value))
      case .value: undefined[name] = "its value is not a finite number"
      case .undefined(let reason): undefined[name] = reason
      }
    }
  }

  /// The result of this name, if it is defined.
  public subscript(name: String) -> Double? { entries.first { $0.name == name }?.value }

  /// The values by name.
  public var values: [String: Double] {
    Dictionary(entries.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
  }
}
