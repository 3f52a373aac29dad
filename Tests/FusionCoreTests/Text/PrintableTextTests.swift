import FusionCore
import Testing

@Suite struct PrintableTextTests {
  @Test func whatATerminalWouldObeyIsWrittenOut() {
    #expect("two\nlines".printable == #"two\nlines"#)
    #expect("a\tb\r\nc\0".printable == #"a\tb\r\nc\0"#)
    #expect("\u{1B}[31mred\u{7F}\u{9B}2J".printable == #"\u{1B}[31mred\u{7F}\u{9B}2J"#)
    #expect("exe\u{202E}gpj".printable == #"exe\u{202E}gpj"#)
    #expect(
      "a\u{2066}b\u{200B}c\u{FEFF}d\u{2028}e\u{AD}f\u{E0041}".printable
        == #"a\u{2066}b\u{200B}c\u{FEFF}d\u{2028}e\u{AD}f\u{E0041}"#)
    #expect("cat\u{200D}".printable == #"cat\u{200D}"#)
  }

  @Test func lettersOfAllScriptsStay() {
    for text in [
      "déjà vu", "e\u{301}", "悲しい\u{3000}顔", "می\u{200C}خواهم", "क्\u{200D}ष", "👩\u{200D}👩\u{200D}👧", "❤\u{FE0F}",
      "Grüße",
      "a|b\\c",
    ] { #expect(text.printable == text) }
  }

  @Test func aMessageKeepsItsLines() {
    #expect("one\n  two\u{1B}[2J\r\n".printableLines == "one\n  two\\u{1B}[2J\\r\n")
  }

  @Test func markdownShowsTheTextItself() {
    #expect("<b>|_x_\n[a](b)".markdown == ##"\<b>\|\_x\_\\n\[a\](b)"##)
    #expect("f1_macro, _f1".markdown == #"f1_macro, \_f1"#)
    #expect("|\u{301}".markdown == "\\|\u{301}")
    #expect("a|b".markdownCode == #"`a\|b`"#)
    #expect("a`b``c".markdownCode == "``` a`b``c ```")
  }

  @Test func aQuotedTextIsShortAndTellsBlanksApart() {
    #expect(quoted("plain text") == "'plain text'")
    #expect(quoted("a\u{A0}b\n") == #"'a\u{A0}b\n'"#)
    #expect(quoted(String(repeating: "x", count: 61)) == "'" + String(repeating: "x", count: 60) + "…'")
    #expect(quoted(String(repeating: "x", count: 60)) == "'" + String(repeating: "x", count: 60) + "'")
    #expect(quoted("abcdef", limit: 3) == "'abc…'")
  }

  @Test func longTextIsCut() {
    #expect("short".excerpt(5) == "short")
    #expect("longer".excerpt(5) == "longe…")
    #expect(String(repeating: "x", count: 5_000_000).excerpt().count == 61)
    #expect((1...25).map(String.init).listed(3) == "1, 2, 3, … (25 in all)")
    #expect(["a", "b\n"].listed() == "a, b\\n")
  }
}
