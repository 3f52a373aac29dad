import Foundation
import FusionCore
import FusionTraining

/// Results go to standard output, everything else to standard error.
enum Console {
  /// Writes a result, with an end of line, to standard output.
  ///
  /// - Throws: ``OutputError`` where it cannot be written: a full disk must not pass for success.
  ///
  /// A terminal gets it with everything written out that it would obey; a file or a pipe, whose bytes count, as it is.
  static func print(_ text: String) throws(OutputError) {
    let shown = isatty(STDOUT_FILENO) == 1 ? text.printableLines : text
    try write(shown.utf8.last == UInt8(ascii: "\n") ? shown : shown + "\n")
  }

  /// Writes a value as JSON.
  ///
  /// - Parameter pretty: on many lines for people, or on one.
  static func printJSON(_ value: some Encodable, pretty: Bool = true) throws {
    try print(jsonText(value, pretty: pretty))
  }

  /// How many characters a line of the terminal holds that results go to; nil where they go to a file or a pipe, whose
  /// lines may be of any length.
  static var width: Int? {
    var size = winsize()
    guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  /// A text of sentences, broken at blanks where lines of the terminal end.
  static func paragraph(_ text: String) -> String {
    width.map { wrapped(text, to: $0).joined(separator: "\n") } ?? text
  }

  /// Writes a line to standard error: progress, hints, errors.
  static func note(_ text: String) {
    StandardStream.error.write(text.printableLines + "\n")
  }

  private static func write(_ text: String) throws(OutputError) {
    let code = StandardStream.output.write(text)
    if code != 0 { throw OutputError(code: code) }
  }
}

/// Standard output does not take what is written.
struct OutputError: UserError {
  /// The system's.
  let code: Int32
  /// Whether nobody reads on, as in `fusionkit list | head -1`, which nobody wants to be told.
  var isBrokenPipe: Bool { code == EPIPE }
  var exitStatus: Int32 { 1 }
  var description: String { "cannot write to standard output: \(String(cString: strerror(code)))" }
}

/// A command line that is well formed but asks for something impossible.
struct UsageError: UserError {
  let description: String
  var exitStatus: Int32 { 2 }

  init(_ description: String) { self.description = description }
}
