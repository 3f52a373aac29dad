import FusionConfig
import Testing

/// The value of a text, or the message of its error.
private func value(_ text: String) -> ConfigValue {
  do throws(ConfigError) { return try ConfigValue(yaml: text, name: "t.yaml") } catch {
    return .string("error \(error)")
  }
}

private func problem(_ text: String) -> String {
  do throws(ConfigError) { return try "read: \(ConfigValue(yaml: text, name: "t.yaml").json)" } catch {
    return error.description
  }
}

@Suite struct YAMLTests {
  // YAML 1.2.2, section 10.3.2 and its example 10.9, and what YAML 1.1 reads otherwise.
  @Test(arguments: [
    ("null", ConfigValue.null), ("~", .null), ("Null", .null), ("NULL", .null), ("", .null), ("nULL", .string("nULL")),
    ("true", .boolean(true)), ("False", .boolean(false)), ("TRUE", .boolean(true)), ("tRue", .string("tRue")),
    ("no", .string("no")), ("on", .string("on")), ("yes", .string("yes")), ("y", .string("y")),
    ("0", .integer(0)), ("-19", .integer(-19)), ("+12", .integer(12)), ("010", .integer(10)), ("0o7", .integer(7)),
    ("0x3A", .integer(58)), ("0x", .string("0x")), ("-0x1", .string("-0x1")), ("0o8", .string("0o8")),
    ("0x+1", .string("0x+1")), ("1_000", .string("1_000")), ("12:30:45", .string("12:30:45")),
    ("9223372036854775807", .integer(.max)), ("18446744073709551615", .unsigned(.max)),
    ("18446744073709551616", .number(18446744073709551616)), ("-9223372036854775808", .integer(.min)),
    ("0.", .number(0)), ("-0.0", .number(-0.0)), (".5", .number(0.5)), ("+12e03", .number(12000)),
    ("-2E+05", .number(-200000)), ("1e-4", .number(1e-4)), ("1.e1", .number(10)), (".", .string(".")),
    ("1e", .string("1e")), ("e5", .string("e5")), ("1.2.3", .string("1.2.3")), ("+", .string("+")),
    ("-.inf", .number(-.infinity)), (".Inf", .number(.infinity)), (".NAN", .number(.nan)), ("inf", .string("inf")),
    ("nan", .string("nan")), ("1e999", .string("1e999")), ("infinity", .string("infinity")),
    ("0x1p3", .string("0x1p3")),
    ("+.inf", .number(.infinity)),
  ])
  func plainScalarsFollowTheCoreSchema(text: String, expected: ConfigValue) {
    #expect(value("a: \(text)")["a"] == expected)
  }

  @Test func quotesAndBlocksAreStrings() {
    #expect(value("a: '1'")["a"] == .string("1"))
    #expect(value("a: \"tr\\u0075e\\n\"")["a"] == .string("true\n"))
    #expect(value("a: |\n  1\n  2\n")["a"] == .string("1\n2\n"))
    #expect(value("a: >-\n  one\n  line\n")["a"] == .string("one line"))
    #expect(value("a: !!str 5")["a"] == .string("5"))
    #expect(value("a: !!int '5'")["a"] == .integer(5))
    #expect(value("\u{FEFF}a: 1")["a"] == .integer(1))
  }

  @Test func anchorsAndMergeKeys() {
    let text = """
      base: &base {a: 1, b: 2}
      more: &more {b: 3, c: 4}
      one: {<<: *base, a: 5}
      two: {<<: [*more, *base], d: *base}
      quoted: {'<<': 1}
      """
    let result = value(text)
    #expect(result["one"]?.json == "{\n  \"a\": 5,\n  \"b\": 2\n}")
    #expect(result["two"]?["a"] == .integer(1))
    #expect(result["two"]?["b"] == .integer(3), "the earlier map of a list wins")
    #expect(result["two"]?["d"]?["b"] == .integer(2))
    #expect(result["quoted"]?["<<"] == .integer(1))
  }

  @Test(arguments: [
    ("", "t.yaml:1:1: error: the configuration is empty"),
    ("# nothing\n", "t.yaml:1:1: error: the configuration is empty\n    1 | # nothing\n      | ^"),
    (
      "a: 1\nb: 2\na: 3\n",
      """
      t.yaml:3:1: error: the key 'a' stands here twice
          3 | a: 3
            | ^
        first at t.yaml:1:1; remove one of them
      """
    ),
    (
      "a: 1\n---\nb: 2\n",
      """
      t.yaml:2:1: error: a second document begins here; a configuration is one document
          2 | ---
            | ^
      """
    ),
    (
      "a: 'never\nb: 2\n",
      """
      t.yaml:1:4: error: this quote is never closed
          1 | a: 'never
            |    ^
      """
    ),
    (
      "a:\n\tb: 1\n",
      """
      t.yaml:2:1: error: found character that cannot start any token while scanning for the next token
          2 | \tb: 1
            | ^
        YAML is indented with spaces, not tabs
      """
    ),
    (
      "a: [1, 2\nb: 3\n",
      """
      t.yaml:2:2: error: did not find expected ',' or ']'
          2 | b: 3
            |  ^
        in what '[' at line 1, column 4 opened
      """
    ),
    (
      "a: b: c\n",
      """
      t.yaml:1:5: error: mapping values are not allowed in this context
          1 | a: b: c
            |     ^
        a text that holds ': ' wants quotes; keys of one map stand in one column
      """
    ),
    (
      "a: @x\n",
      """
      t.yaml:1:4: error: found character that cannot start any token while scanning for the next token
          1 | a: @x
            |    ^
        a text that begins with this character wants quotes
      """
    ),
    (
      "a: *bas\nb: 1\n",
      """
      t.yaml:1:4: error: there is no anchor '&bas' before this alias
          1 | a: *bas
            |    ^
      """
    ),
    (
      "a: &base 1\nb: *bas\n",
      """
      t.yaml:2:4: error: there is no anchor '&bas' before this alias
          2 | b: *bas
            |    ^ did you mean 'base'?
      """
    ),
    (
      "a: &a [*a]\n",
      """
      t.yaml:1:8: error: the alias '*a' stands inside of what it names
          1 | a: &a [*a]
            |        ^
      """
    ),
    (
      "a: {<<: 3}\n",
      """
      t.yaml:1:9: error: '<<' merges a map or a list of maps, not 3
          1 | a: {<<: 3}
            |         ^
      """
    ),
    (
      "? [1]\n: 2\n",
      """
      t.yaml:1:3: error: a key is a word, not a list
          1 | ? [1]
            |   ^
      """
    ),
    (
      "a: !python/object x\n",
      """
      t.yaml:1:4: error: unknown tag '!python/object'; a configuration needs no tags
          1 | a: !python/object x
            |    ^
      """
    ),
    (
      "a: 1\nb: x\u{7}y\n",
      """
      t.yaml:2:5: error: the character U+0007 is not allowed in YAML
          2 | b: x\u{FFFD}
            |     ^
      """
    ),
  ])
  func mistakesAreShownAtTheirPlace(text: String, expected: String) {
    #expect(problem(text) == expected)
  }

  @Test func tabsAndWideCharactersKeepTheCaretInPlace() {
    #expect(
      problem("naïve: {日本: [1,\t*x]}") == """
        t.yaml:1:17: error: there is no anchor '&x' before this alias
            1 | naïve: {日本: [1,\t*x]}
              |                  \t^
        """)
  }

  @Test func longLinesAreCutAroundTheCaret() {
    let line = problem("a: [" + String(repeating: "1, ", count: 5000) + "*x]").split(separator: "\n")[1]
    #expect(line.count < 180)
    #expect(line.contains("*x]"))
  }

  @Test func aliasBombsAreRefused() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for i in 1...9 {
      text += "a\(i): &a\(i) [" + Array(repeating: "*a\(i - 1)", count: 10).joined(separator: ", ") + "]\n"
    }
    #expect(problem(text).contains("error: the configuration grows beyond 100000 values here, aliases written out"))
  }

  @Test func runawayNestingIsRefused() {
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
      let text = String(repeating: open, count: 5000) + String(repeating: close, count: 5000)
      #expect(problem(text).contains("error: nested more than 64 levels deep"))
    }
    #expect(problem(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)).hasPrefix("read"))
    let blocks = (0..<200).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
    #expect(problem(blocks).contains("error: nested more than 64 levels deep"))
  }

  @Test(arguments: [
    ConfigValue.null, .boolean(true), .integer(-5), .unsigned(.max), .number(1e-5), .number(0.1), .number(1e300),
    .number(-.infinity), .number(5), .number(-0.0), .number(.leastNonzeroMagnitude), .string(""), .string("no"),
    .string("1e3"), .string("0x1F"), .string("a: b # c"), .string("two\nlines\n"), .string(" padded "), .string("- x"),
    .string("'\"\\"), .string("naïve 日本 👩‍🔬"), .string("tab\there"), .string("\u{85}\u{2028}"), .string("~"),
    .string("*a"),
    .string("2020-01-01"), .string(String(repeating: "long words ", count: 40)), .list([]),
    .list([.list([.integer(1)])]),
  ])
  func writtenValuesReadBackEqual(value: ConfigValue) throws {
    let yaml = ConfigValue.list([value, .list([value, value])]).yaml
    #expect(try ConfigValue(yaml: yaml) == .list([value, .list([value, value])]), "\(yaml)")
  }

  @Test func jsonEscapesWhatItMust() throws {
    let value = ConfigValue.list([.string("a\"b\\c\n\u{1}\u{1F}é"), .number(1e-7), .null])
    #expect(value.json == "[\"a\\\"b\\\\c\\n\\u0001\\u001fé\", 1e-07, null]")
    #expect(try ConfigValue(yaml: value.json) == value)
  }
}
