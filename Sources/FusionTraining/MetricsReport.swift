/// Named results in a fixed order; what is not defined for the data is left out, never NaN.
public struct MetricReport: Sendable, Equatable {
  /// One result.
  public struct Entry: Sendable, Equatable {
    /// For example `f1_macro`.
    public let name: String
    /// A number; that of a loss may be infinite or NaN.
    public let value: Double
  }

  /// The results, the loss first.
  public private(set) var entries: [Entry] = []
  /// Which class was taken for which; nil where the task has no classes.
  public let confusion: ConfusionMatrix?
  /// The counts of every class or label, in order; empty for regression.
  public let perClass: [ClassCounts]
  /// Why results of the task are not among the entries, by name.
  public internal(set) var undefined: [String: String] = [:]

  /// A report; results that are nil are left out.
  public init(
    _ results: KeyValuePairs<String, Double?>, confusion: ConfusionMatrix? = nil, perClass: [ClassCounts] = []
  ) {
    entries = results.compactMap { name, value in value.map { Entry(name: name, value: $0) } }
    self.confusion = confusion
    self.perClass = perClass
  }

  /// The result of this name, if it is defined.
  public subscript(name: String) -> Double? { entries.first { $0.name == name }?.value }

  /// Whether a larger value of this metric means a better model: false for losses and errors, those of one modality
  /// (`mse_image`) too.
  public static func isHigherBetter(_ name: String) -> Bool {
    !["loss", "mse", "rmse", "mae"].contains(name.prefix { $0 != "_" })
  }
}

/// Gathers the results of batches.
public protocol MetricAccumulator: Sendable {
  /// What a target is: a class number, or the value of one output.
  associatedtype Target: Sendable

  /// The names that a report may hold.
  static var names: [String] { get }

  /// Takes one batch.
  ///
  /// - Parameters:
  ///   - outputs: what the model gave, `[N, outputs]`, row-major: logits, or values of a regression.
  ///   - targets: `[N]` classes, or `[N, outputs]` values.
  ///   - loss: the mean loss of the batch, if it was computed; the report averages it over samples.
  mutating func add(outputs: [Float], targets: [Target], loss: Double?)

  /// The results of all batches so far.
  var report: MetricReport { get }
}

/// The mean of the losses of batches, each weighted by its number of samples.
struct MeanLoss: Sendable {
  private var sum = 0.0
  private var samples = 0

  mutating func add(_ loss: Double?, samples: Int) {
    guard let loss else { return }
    sum += loss * Double(samples)
    self.samples += samples
  }

  var value: Double? { samples == 0 ? nil : sum / Double(samples) }
}
