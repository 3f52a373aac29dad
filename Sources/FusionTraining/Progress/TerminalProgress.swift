import Foundation

/// A bar that is redrawn in place, on standard error, with rate, loss and time left; the lines of
/// ``PlainProgress`` scroll by above it.
public final class TerminalProgress: ProgressReporter {
  private var title = ""
  private var total = 0
  private var began = Date()
  private var drawn = Date.distantPast
  private var isShown = false

  /// A bar on standard error.
  public init() {}

  /// A bar where standard error is a terminal that can redraw, else plain lines.
  public static func automatic() -> any ProgressReporter {
    let isPlain = ProcessInfo.processInfo.environment["TERM"].map { $0 == "dumb" } ?? true
    return isatty(STDERR_FILENO) == 1 && !isPlain ? TerminalProgress() : PlainProgress()
  }

  /// Redraws, at most ten times a second.
  public func report(_ event: ProgressEvent) {
    switch event {
    case .began(let title, let samples):
      (self.title, total, began, drawn) = (title, samples, Date(), .distantPast)
    case .advanced(let samples, let loss):
      guard Date().timeIntervalSince(drawn) > 0.1 else { return }
      drawn = Date()
      let line = Self.bar(
        title: title, done: samples, of: total, loss: loss, seconds: drawn.timeIntervalSince(began),
        width: Self.terminalWidth)
      write("\r\u{1B}[2K" + line)
      isShown = true
    case .ended: clear()
    case .note, .warning, .epoch:
      clear()
      if let line = event.line {
        write(wrapped(line, to: Self.terminalWidth).map { $0 + "\n" }.joined())
      }
    }
  }

  /// One line of at most `width - 1` characters: title, bar, share, rate, loss, time left, as much as fits.
  public static func bar(
    title: String, done: Int, of total: Int, loss: Double?, seconds: Double, width: Int
  ) -> String {
    let share = total > 0 ? min(1, max(0, Double(done) / Double(total))) : 0
    let rate = seconds > 0 ? Double(done) / seconds : 0
    var parts = [String(format: "%3.0f%%", share * 100), String(format: "%.0f samples/s", rate)]
    if let loss { parts.append(String(format: "loss %.4f", loss)) }
    if rate > 0 { parts.append(duration(Double(total - done) / rate) + " left") }
    let limit = max(10, width - 1)
    while parts.count > 1, title.count + 2 + parts.joined(separator: "  ").count + 12 > limit { parts.removeLast() }
    let text = parts.joined(separator: "  ")
    let room = limit - title.count - text.count - 2
    guard room >= 4 else {
      // The share is worth more than the end of a long title.
      let space = limit - text.count - 1
      if title.count <= space { return title + " " + text }
      return space > 4 ? title.prefix(space - 1) + "… " + text : String(text.prefix(limit))
    }
    let cells = min(room, 30)
    let filled = Int(share * Double(cells))
    return title + " " + String(repeating: "━", count: filled) + String(repeating: "─", count: cells - filled) + " "
      + text
  }

  /// `0:07`, `12:30`, `3:02:11`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e8 else { return "?" }
    let s = Int(seconds.rounded())
    return s < 3600
      ? String(format: "%d:%02d", s / 60, s % 60) : String(format: "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60)
  }

  private static var terminalWidth: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  private func clear() {
    if isShown { write("\r\u{1B}[2K") }
    isShown = false
  }

  private func write(_ text: String) { StandardStream.error.write(text) }
}
