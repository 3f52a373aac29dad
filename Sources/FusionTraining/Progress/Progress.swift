import FusionCore
import FusionMetrics
import Foundation

/// What happens in a run, in the order in which it happens.
public enum ProgressEvent: Sendable {
  /// Something to tell, one line.
  case note(String)
  /// Something to be careful about, one line.
  case warning(String)
  /// A pass over data begins: an epoch of training, or an evaluation.
  case began(title: String, samples: Int)
  /// So many samples of the pass are done.
  case advanced(samples: Int, loss: Double?)
  /// The pass is over.
  case ended
  /// An epoch is over, its evaluation included.
  case epoch(EpochRecord, of: Int)
}

/// Gets told what happens; shows it, writes it down or forgets it. Never writes to standard output.
public protocol ProgressReporter: AnyObject {
  /// Called on the training thread.
  func report(_ event: ProgressEvent)
}

/// Says nothing.
public final class SilentProgress: ProgressReporter {
  /// A silent reporter.
  public init() {}
  /// Forgets the event.
  public func report(_ event: ProgressEvent) {}
}

/// Plain lines, one per event worth a line: where the output is no terminal.
public final class PlainProgress: ProgressReporter {
  private let write: (String) -> Void

  /// Hands each line, without its end, to `write`; standard error if not given.
  public init(write: @escaping (String) -> Void = { StandardStream.error.write($0 + "\n") }) {
    self.write = write
  }

  /// Writes a line, if the event is worth one.
  public func report(_ event: ProgressEvent) {
    if let line = event.line { write(line) }
  }
}

extension ProgressEvent {
  /// The event as one line; nil for those that only move a bar. What names of files or classes hold that a terminal would
  /// obey is written out.
  public var line: String? {
    switch self {
    case .note(let text): text.printableLines
    case .warning(let text): "warning: \(text.printableLines)"
    case .epoch(let record, let epochs): record.line(of: epochs)
    case .began, .advanced, .ended: nil
    }
  }
}

extension EpochRecord {
  /// `epoch  3/20  train loss 0.0312 accuracy 0.9912  validation loss 0.0411 accuracy 0.9876  2310 samples/s`; behind the
  /// training loss, where there are several objectives, the loss of each.
  public func line(of epochs: Int) -> String {
    let number = String(epoch)
    let padding = String(repeating: " ", count: max(0, String(epochs).count - number.count))
    func part(_ name: String, _ values: MetricValues) -> String {
      let terms = name == "train" ? objectives ?? [] : []
      let first = StandardMetrics.shownFirst
      let shown = (first.prefix(1) + terms + first.dropFirst()).compactMap { key in
        values[key].map { "\(key) " + String(format: "%.4f", $0) }
      }
      return shown.isEmpty ? "" : "  \(name) \(shown.joined(separator: " "))"
    }
    return (stage.map { "\($0) " } ?? "") + "epoch \(padding)\(number)/\(epochs)" + part("train", train)
      + part("validation", validation)
      + String(format: "  %.0f samples/s", samplesPerSecond)
  }
}
