import FusionData
import Foundation
import Testing

/// Names in tables: no formula, and exactly the same when they are read back.
@Suite struct CellTextTests {
  private static let names = [
    "joy", "sad face", "", "=cmd|' /C calc'!A0", "+1", "-1.5e3", "-", "--x", "@SUM(A1)", "\t=1", "'=1", "''=1", "'tis",
    "'",
    "''", " =1", "＝1", "-inf", "+0x1p3", "a|b", "\\", "\\|", "a\\", "|", "||", "two\nlines", "a\r\nb", ",\u{301}", "\"",
    " a ",
    "\u{A0}b\u{A0}", "e\u{301}", "é", "\r", "\n",
  ]

  @Test(arguments: names)
  func whatIsGuardedReadsBack(_ name: String) {
    let cell = CellText.guarded(name)
    #expect(Array(CellText.unguarded(cell).unicodeScalars) == Array(name.unicodeScalars))
    let first = cell.unicodeScalars.first { $0 != " " }
    if Double(cell) == nil { #expect(!"=+-@\t".unicodeScalars.contains(first ?? "x"), "\(cell)") }
  }

  @Test func numbersStayNumbers() {
    for number in ["-1", "+2", "-0.25", "-1e-5", "3"] { #expect(CellText.guarded(number) == number) }
    #expect(CellText.guarded("=1+1") == "'=1+1")
    #expect(CellText.guarded("'=1+1") == "''=1+1")
    #expect(CellText.guarded("'tis") == "'tis")
  }

  @Test func namesInOneCellStayApart() {
    #expect(CellText.joined(["sad face", "joy"]) == "sad face|joy")
    #expect(CellText.joined(["a|b", "c\\"]) == #"a\|b|c\\"#)
    let all = Self.names.filter { !$0.isEmpty }
    for count in 0...all.count {
      let some = Array(all.prefix(count))
      #expect(
        CellText.names(CellText.joined(some)).map { Array($0.unicodeScalars) } == some.map { Array($0.unicodeScalars) })
    }
  }

  @Test func fieldsAreQuotedWhereTheyHaveToBe() {
    #expect(CSV.line(["a", "b c", "d,e", "f\"g"]) == "a,b c,\"d,e\",\"f\"\"g\"\n")
    // One Character each: a search for a comma or a line feed among Characters would not see them.
    #expect(CSV.line([",\u{301}", "x\r\ny"]) == "\",\u{301}\",\"x\r\ny\"\n")
    #expect(CSV.line([" a", "b\t", "\u{A0}c"]) == "\" a\",\"b\t\",\"\u{A0}c\"\n")
  }
}
