import FusionConfig
import Testing

/// Characters that look like blanks and are none.
@Suite struct OddBlanksTests {
  private func message(_ text: String) -> String {
    do throws(ConfigError) { return "read \(try ConfigValue(yaml: text, name: "t.yaml").json)" } catch {
      return error.description
    }
  }

  @Test(arguments: [
    ("name: x\nseed:\u{A0}1\n", "2:6", "U+00A0 (no-break space)"), ("name: x\nseed:\u{2028}1\n", "2:6", "U+2028"),
    ("name: x\nseed:\u{3000}1\n", "2:6", "U+3000 (ideographic space)"), ("a:\n\u{A0}\u{A0}b: 1\n", "2:1", "U+00A0"),
    ("a: {b:\u{202F}1}\n", "1:7", "U+202F"), ("a:\n  -\u{2003}1\n", "2:4", "U+2003"), ("a: 1\u{A0}\n", "1:5", "U+00A0"),
    ("a: 1\u{A0}# note\n", "1:5", "U+00A0"), ("a: [1,\u{A0}2]\n", "1:7", "U+00A0"), ("a\u{200B}: 1\n", "1:2", "U+200B"),
    ("a: 'x\u{2029}y'\n", "1:6", "U+2029"), ("a: 1 # note\u{85}b: 2\n", "1:12", "U+0085"),
    ("a: 1\nb: \u{FEFF}2\n", "2:4", "U+FEFF"),
  ])
  func areNamedAtTheirOwnPlace(_ text: String, _ place: String, _ name: String) {
    let message = message(text)
    #expect(message.hasPrefix("t.yaml:\(place): error: the character \(name)"), "\(message)")
  }

  @Test func withinWordsQuotesAndCommentsTheyStay() {
    #expect(message("a: 悲しい\u{3000}顔\n").hasPrefix("read"))
    #expect(message("a: [5\u{A0}000, b\u{A0}c]  # durée\u{A0}: longue\n").hasPrefix("read"))
    #expect(message("a: \"\u{A0}x\u{A0}\"\nb: '\u{3000}'\n").hasPrefix("read"))
    #expect(message("a: |\n  \u{3000}text\n  more\u{A0}\nb: 1\n").hasPrefix("read"))
    #expect(message("a: \"x\\\"\u{A0}\"\n").hasPrefix("read"))
    #expect(message("a: don't\u{A0}stop\nb: 2\n").hasPrefix("read"))
  }

  @Test func allOfThemAreToldAtOnce() {
    let message = message("a:\u{A0}1\nb:\u{3000}2\n")
    #expect(message.contains("t.yaml:1:3:") && message.contains("t.yaml:2:3:"), "\(message)")
  }
}
