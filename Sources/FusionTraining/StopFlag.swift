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

  /// Raises the flag at the first SIGINT or SIGTERM; a second one ends the process at once, with 128 plus its number.
  ///
  /// - Parameter notify: called once, on another thread, when the first signal came.
  /// - Returns: once signals are caught; keep it for as long as they should be.
  public func listen(notify: @escaping @Sendable () -> Void = {}) -> SignalListener {
    SignalListener(signals: [SIGINT, SIGTERM]) { [self] number in
      guard raised.exchange(true, ordering: .relaxed) == false else { _exit(128 + number) }
      notify()
    }
  }
}

/// Catches signals through Dispatch until it is released.
public final class SignalListener {
  private let sources: [any DispatchSourceSignal]
  private let signals: [Int32]

  init(signals: [Int32], handler: @escaping @Sendable (Int32) -> Void) {
    self.signals = signals
    sources = signals.map { number in
      signal(number, SIG_IGN)  // What Dispatch asks for; Linux needs its own handler, which Dispatch installs.
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { handler(number) }
      // A signal that comes before the source is registered would be lost.
      let registered = DispatchSemaphore(value: 0)
      source.setRegistrationHandler { registered.signal() }
      source.resume()
      registered.wait()
      return source
    }
  }

  deinit {
    for source in sources { source.cancel() }
    for number in signals { signal(number, SIG_DFL) }
  }
}
