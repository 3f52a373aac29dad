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

  /// Raises the flag at the first signal that asks a process to end; a second SIGINT or SIGTERM ends the process at once,
  /// with 128 plus its number. The others may come in numbers: a closing terminal hangs up twice, and a limit on processor
  /// time tells every second.
  ///
  /// - Parameter notify: called once, on another thread, when the first signal came.
  /// - Returns: once signals are caught; keep it for as long as they should be.
  public func listen(notify: @escaping @Sendable () -> Void = {}) -> SignalListener {
    SignalListener { [self] number in
      if raised.exchange(true, ordering: .relaxed) == false {
        notify()
      } else if number == SIGINT || number == SIGTERM {
        _exit(128 + number)
      }
    }
  }
}

/// Catches the signals that ask a process to end, until it is released.
///
/// A handler that writes to a pipe, and a thread that reads from it. Not Dispatch's sources: on Linux they raise a signal
/// again and again in the thread that got it, and register it only later.
public final class SignalListener {
  /// Where the handler writes the number of a signal. The system knows one handler for all of a process, and hands it
  /// nothing else.
  private static let mailbox = Atomic<Int32>(-1)
  /// What was done about each signal before.
  private let before: [(number: Int32, action: SignalAction)]
  private let ends: [Int32]
  private let mailboxBefore: Int32

  /// Listens once it is made.
  ///
  /// Where hanging up is ignored, as `nohup` has it, it stays so.
  ///
  /// - Parameter handler: called on another thread with the number of each signal.
  public init(handler: @escaping @Sendable (Int32) -> Void) {
    var ends: [Int32] = [-1, -1]
    // Without a pipe (no descriptor is left), signals do what they do by default.
    let isOpen = pipe(&ends) == 0
    self.ends = ends
    mailboxBefore = Self.mailbox.exchange(ends[1], ordering: .sequentiallyConsistent)
    guard isOpen else {
      before = []
      return
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // A handler must never wait for the reader.
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    let source = ends[0]
    let ending = [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGXCPU]
    Thread.detachNewThread {
      // Whoever started the process may have blocked them, which is inherited: one thread takes them all the same.
      var open = sigset_t()
      sigemptyset(&open)
      for number in ending { sigaddset(&open, number) }
      pthread_sigmask(SIG_UNBLOCK, &open, nil)
      var number = UInt8()
      while true {
        let count = read(source, &number, 1)
        if count < 0, errno == EINTR { continue }
        guard count == 1, number > 0 else { break }
        handler(Int32(number))
      }
      close(source)
    }
    before = ending.compactMap { number in
      let action = signal(number) { number in
        let code = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(SignalListener.mailbox.load(ordering: .sequentiallyConsistent), &byte, 1)
        errno = code
      }
      guard number == SIGHUP, isIgnored(action) else { return (number, action) }
      signal(number, SIG_IGN)
      return nil
    }
  }

  deinit {
    for (number, action) in before { signal(number, action) }
    Self.mailbox.store(mailboxBefore, ordering: .sequentiallyConsistent)
    guard ends[1] >= 0 else { return }
    var end = UInt8(0)
    _ = write(ends[1], &end, 1)
    close(ends[1])
  }
}

private typealias SignalAction = (@convention(c) (Int32) -> Void)?

/// Functions cannot be compared, addresses can.
private func isIgnored(_ action: SignalAction) -> Bool {
  unsafeBitCast(action, to: Int.self) == unsafeBitCast(SIG_IGN as SignalAction, to: Int.self)
}
