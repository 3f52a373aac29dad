import FusionCore

/// Whether the first row of a table names its columns.
public enum TableHeader: String, Codable, Sendable, CaseIterable {
  /// Where the rows tell; where they could be read either way, the user is asked.
  case auto
  /// It does.
  case yes = "true"
  /// It is a sample.
  case no = "false"
}

/// What is known of a column while its rows go by.
package struct ColumnTally {
  package private(set) var missing = 0
  package private(set) var whole = 0
  package private(set) var decimal = 0
  package private(set) var truth = 0
  package private(set) var text = 0
  /// Whether the first row's field stands in another row too.
  package var recurs = false

  /// Whether every field is a number.
  package var isNumeric: Bool { missing + truth + text == 0 && whole + decimal > 0 }
  /// Whether every field that is there is a number.
  package var isNumericWhereKnown: Bool { truth + text == 0 && whole + decimal > 0 }
  /// Whether every field that is there is true or false.
  package var isTruthWhereKnown: Bool { whole + decimal + text == 0 && truth > 0 }
  /// Whether there are no more words than numbers.
  package var isRatherNumbers: Bool { whole + decimal > 0 && whole + decimal >= text + truth }
  /// Whether every number is a whole one.
  package var isWhole: Bool { decimal == 0 }

  /// The same with one more field.
  func adding(_ kind: CellKind) -> ColumnTally {
    var copy = self
    copy.add(kind)
    return copy
  }

  mutating func add(_ kind: CellKind) {
    switch kind {
    case .missing: missing += 1
    case .whole: whole += 1
    case .decimal: decimal += 1
    case .truth: truth += 1
    case .text: text += 1
    }
  }
}

/// Decides whether the first row names the columns.
struct HeaderDecision {
  /// The first row's fields, and what each is.
  let first: [(text: String, kind: CellKind)]
  /// The columns below the first row.
  let columns: [ColumnTally]
  /// Whether the first row stands in the table again, field by field: then it is a sample.
  let rowRecurs: Bool
  /// Whether there is no other row.
  let isAlone: Bool

  /// True: it does; false: it is a sample; nil: the rows could be read either way.
  var hasHeader: Bool? {
    if rowRecurs { return false }
    let numbers = first.filter { $0.kind == .whole || $0.kind == .decimal }
    // Nothing below it to name.
    if isAlone { return numbers.isEmpty }
    let named = first.indices.filter { [.text, .truth].contains(first[$0].kind) }
    // A word over numbers is a name, unless it is a mistake in a sample.
    let isNamed = named.contains { columns[$0].isNumericWhereKnown }
    if numbers.isEmpty {
      if isNamed { return true }
      // Words over words: names, as far as they do not stand below as well. Marks of missing values could be either.
      guard !named.isEmpty else { return first.allSatisfy { $0.text.isEmpty } ? false : nil }
      if named.contains(where: { columns[$0].recurs }) { return nil }
      return first.contains { $0.kind == .missing && !$0.text.isEmpty } ? nil : true
    }
    if isNamed { return isNumbering(numbers.map(\.text), least: 1) ? true : nil }
    if !named.isEmpty {
      if named.contains(where: { columns[$0].recurs }) { return false }
      return isNumbering(numbers.map(\.text), least: 1) || standsOut ? nil : false
    }
    return isNumbering(numbers.map(\.text), least: columns.count == 1 ? 2 : 1) || standsOut ? nil : false
  }

  /// Whole numbers in a row, one above another: 0, 1, 2, … or 1, 2, 3, … of at least two, or any of three, such as years.
  private func isNumbering(_ texts: [String], least: Int) -> Bool {
    let numbers = texts.compactMap { text in
      text.allSatisfy(\.isNumber) && (text == "0" || !text.hasPrefix("0")) ? Int(text) : nil
    }
    guard numbers.count == texts.count, numbers.count >= least, numbers.count > 0 else { return false }
    guard zip(numbers, numbers.dropFirst()).allSatisfy({ $1 - $0 == 1 }) else { return false }
    return numbers[0] <= 1 || numbers.count > 2
  }

  /// Whether whole numbers stand over columns of fractions: numbered columns, or a sample that happens to be round.
  private var standsOut: Bool {
    guard !first.contains(where: { $0.kind == .decimal }) else { return false }
    let broken = first.indices.filter { first[$0].kind == .whole && columns[$0].decimal * 2 > columns[$0].whole }
    return broken.count > 1 || (broken.count == 1 && columns.count == 1 && first[0].text == "0")
  }
}
