import FusionCore
import Foundation

/// What is wrong with files: which one, why, and what was expected. Holds every problem found, not only the first.
public struct DataError: UserError, Equatable {
  /// One problem of one file.
  public struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// The file's path, with `:member` or `:line:column` where that is known.
    public let file: String
    /// What is wrong.
    public let reason: String
    /// What was expected, or what to do.
    public let expected: String?

    /// `file: reason`, and what was expected below.
    public var description: String {
      "\(file.shortened): \(reason.shortened)" + (expected.map { "\n  expected: \($0.shortened)" } ?? "")
    }
  }

  /// In the order in which they were found.
  public let problems: [Problem]
  /// 1: the run failed.
  public var exitStatus: Int32 { 1 }
  /// One problem per paragraph.
  public var description: String { problems.map(\.description).joined(separator: "\n") }

  /// One problem.
  public init(_ file: String, _ reason: String, expected: String? = nil) {
    problems = [Problem(file: file, reason: reason, expected: expected)]
  }

  /// All problems of several errors.
  public init(gathering errors: [DataError]) { problems = errors.flatMap(\.problems) }

  /// The system call that has just failed on `file`, in the system's words.
  package static func system(_ file: String, _ action: String, code: Int32 = errno) -> DataError {
    DataError(file, "\(action): \(String(cString: strerror(code)))")
  }
}

extension Sequence {
  /// Transforms every element and gathers the errors, so that a user sees all broken files at once.
  public func mapGathering<Result>(_ step: (Element) throws(DataError) -> Result) throws(DataError) -> [Result] {
    var results: [Result] = []
    var errors: [DataError] = []
    for element in self {
      do throws(DataError) { results.append(try step(element)) } catch { errors.append(error) }
    }
    guard errors.isEmpty else { throw DataError(gathering: errors) }
    return results
  }
}

/// `1 sample`, `3 samples`, `1,234,567 bytes`.
package func counted(_ count: Int, _ noun: String) -> String {
  var digits = String(count.magnitude)
  var groups: [Substring] = []
  while digits.count > 3 {
    groups.insert(digits.suffix(3), at: 0)
    digits = String(digits.dropLast(3))
  }
  groups.insert(digits[...], at: 0)
  return "\(count < 0 ? "-" : "")\(groups.joined(separator: ",")) \(noun)\(count == 1 ? "" : "s")"
}

/// A number from a file, for messages: without a point where it is whole.
package func shortNumber(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
}

/// The product of sizes that a file claims, nil where one is negative or the product does not fit.
func checkedProduct(_ sizes: [Int]) -> Int? {
  // A zero anywhere would hide an overflow elsewhere: absurd sizes stay absurd.
  var product = 1
  var isEmpty = false
  for size in sizes {
    guard size >= 0 else { return nil }
    if size == 0 {
      isEmpty = true
      continue
    }
    let (next, overflow) = product.multipliedReportingOverflow(by: size)
    if overflow { return nil }
    product = next
  }
  return isEmpty ? 0 : product
}
