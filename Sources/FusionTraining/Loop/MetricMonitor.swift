import FusionCore

/// Follows one metric over the epochs: the best value so far, and how long ago that was.
public struct MetricMonitor: Codable, Sendable, Equatable {
  /// What is watched: `validation.loss`, `validation.accuracy`, `train.loss`, ….
  public let metric: String
  /// Whether larger is better.
  public let largerIsBetter: Bool
  /// By how much a value has to be better to count.
  public let minimumChange: Double
  /// The best value so far.
  public private(set) var best: Double?
  /// The epoch that reached it.
  public private(set) var bestEpoch: Int?
  /// Epochs since then.
  public private(set) var epochsWithoutGain = 0

  /// Nothing seen yet.
  ///
  /// - Parameter direction: the metric's own, unless a configuration says otherwise.
  public init(metric: String, _ direction: MetricDirection, minimumChange: Double = 0) {
    self.metric = metric
    largerIsBetter = direction == .higherIsBetter
    self.minimumChange = minimumChange
  }

  /// Takes note of an epoch's value; true where it is the best so far. Equal values keep the earlier epoch; a value that
  /// is absent or no number is never the best.
  public mutating func observe(_ value: Double?, epoch: Int) -> Bool {
    guard let value, value.isFinite, isGain(value) else {
      epochsWithoutGain += 1
      return false
    }
    (best, bestEpoch, epochsWithoutGain) = (value, epoch, 0)
    return true
  }

  private func isGain(_ value: Double) -> Bool {
    guard let best else { return true }
    return largerIsBetter ? value > best + minimumChange : value < best - minimumChange
  }
}

extension EpochRecord {
  /// The value of `train.…` or `validation.…`.
  func value(of metric: String) -> Double? {
    guard let dot = metric.firstIndex(of: ".") else { return nil }
    let name = String(metric[metric.index(after: dot)...])
    return metric[..<dot] == "train" ? train[name] : metric[..<dot] == "validation" ? validation[name] : nil
  }
}
