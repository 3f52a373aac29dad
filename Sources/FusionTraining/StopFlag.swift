import Dispatch
import Foundation
import Synchronization

/// Asks a running training to stop after its current step.
public final class StopFlag: Sendable {
  private let raised = Atomic(false)

  /// A flag that is down.
  public init() {}

  /// Whether the training should stop.
  public var isSet: Bool { raised.load(ordering: .relaxed) }

  /// Raises the flag, from any thread.
  public func set() { raised.store(true, ordering: .relaxed) }

  /// Raises the flag at the first SIGINT or SIGTERM; a second one ends the process as usual.
  ///
  /// - Parameter notify: called once, on another thread, when the first signal came.
  /// - Returns: keep it for as long as signals should be caught.
  public func listen(notify: @escaping @Sendable () -> Void = {}) -> SignalListener {
    SignalListener(signals: [SIGINT, SIGTERM]) { [self] in
      set()
      notify()
    }
  }
}

/// Catches signals through Dispatch until it is released.
public final class SignalListener {
  private let sources: [any DispatchSourceSignal]
  private let signals: [Int32]

  init(signals: [Int32], handler: @escaping @Sendable () -> Void) {
    self.signals = signals
    sources = signals.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        for number in signals { signal(number, SIG_DFL) }
        handler()
      }
      source.resume()
      return source
    }
  }

  deinit {
    for source in sources { source.cancel() }
    for number in signals { signal(number, SIG_DFL) }
  }
}
