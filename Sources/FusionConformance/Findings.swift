import Foundation

/// What a check found, each with the way that led there.
struct Findings {
  /// One thing that is wrong.
  struct Finding: Sendable {
    /// What was looked at, what was got, what was expected: a line each.
    let lines: [String]
    let trace: [String]
    let hint: String?
  }

  private(set) var found: [Finding] = []
  private var trace: [String] = []
  /// What random inputs and parameters derive from.
  let seed: UInt64

  init(seed: UInt64) { self.seed = seed }

  /// Adds a word to the trace of all that `body` finds.
  mutating func within<Result>(
    _ label: String, _ body: (inout Findings) throws -> Result
  ) rethrows -> Result {
    if !label.isEmpty { trace.append(label) }
    defer { if !label.isEmpty { trace.removeLast() } }
    return try body(&self)
  }

  /// Runs `body` with every value, its label in the trace: what fails tells its whole combination.
  mutating func withEvery<Value>(
    _ label: String, in values: some Sequence<Value>, _ body: (Value, inout Findings) throws -> Void
  ) rethrows {
    for value in values { try within("\(label) \(value)") { try body(value, &$0) } }
  }

  /// Notes that something is wrong.
  mutating func fail(_ lines: String..., hint: String? = nil) {
    found.append(Finding(lines: lines, trace: trace, hint: hint))
  }

  /// Notes that two values differ.
  mutating func expectEqual<Value: Equatable>(_ got: Value, _ expected: Value, _ what: String, hint: String? = nil) {
    if got != expected { fail(what, "got \(got)   expected \(expected)", hint: hint) }
  }

  /// Notes that two tensors differ by a bit, and where.
  mutating func expectSameBits(_ got: [Float], _ expected: [Float], _ what: String, hint: String? = nil) {
    guard got.count == expected.count else {
      return fail(what, "got \(got.count) values   expected \(expected.count)", hint: hint)
    }
    let differing = zip(got, expected).enumerated().filter { $1.0.bitPattern != $1.1.bitPattern }
    guard let (index, pair) = differing.first else { return }
    fail(
      what, "value \(index): got \(pair.0)   expected \(pair.1)   (\(differing.count) of \(got.count) values differ)",
      hint: hint)
  }

  /// Notes that two tensors differ by more than rounding, relative to the largest expected value.
  mutating func expectClose(_ got: [Float], _ expected: [Float], _ what: String, hint: String? = nil) {
    let allowed: Float = 1e-4
    guard got.count == expected.count else {
      return fail(what, "got \(got.count) values   expected \(expected.count)", hint: hint)
    }
    let scale = max(1e-3, expected.map(\.magnitude).max() ?? 0)
    let errors = zip(got, expected).map { ($0 - $1).magnitude / scale }
    // A NaN is as wrong as can be, and compares with nothing.
    guard let worst = errors.indices.max(by: { rank(errors[$0]) < rank(errors[$1]) }), rank(errors[worst]) > allowed
    else { return }
    fail(
      what,
      "value \(worst): got \(got[worst])   expected \(expected[worst])   relative error \(short(errors[worst])) "
        + "(allowed \(short(allowed)))", hint: hint)
  }

  private func rank(_ error: Float) -> Float { error.isNaN ? .infinity : error }
}

/// A number in few digits.
func short(_ value: some BinaryFloatingPoint) -> String {
  let value = Double(value)
  guard value != 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
  let digits = 3 - Int(log10(value.magnitude).rounded(.down))
  guard (-2...8).contains(digits) else { return String(format: "%.2e", value) }
  let text = String(format: "%.\(max(0, digits))f", value)
  guard text.contains(".") else { return text }
  return String(text.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed())
}
