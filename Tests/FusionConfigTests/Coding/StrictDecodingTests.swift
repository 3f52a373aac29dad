import FusionConfig
import FusionCore
import Testing

private func everything(_ keys: String) throws -> ToyOfEverything.Configuration {
  let text = plainText.replacing("{dataset: toy_digits, root: data/toy}", with: "{dataset: toy_everything, \(keys)}")
  return try #require(load(text).data.configuration as? ToyOfEverything.Configuration)
}

/// The messages alone, without place and excerpt.
private func problems(_ keys: String) -> [String] {
  let text = plainText.replacing("{dataset: toy_digits, root: data/toy}", with: "{dataset: toy_everything, \(keys)}")
  do throws(ConfigError) {
    _ = try Experiment.load(text: text, registry: toyRegistry)
    return []
  } catch {
    return error.diagnostics.map { $0.message + ($0.suggestion.map { " | " + $0 } ?? "") }
  }
}

@Suite struct StrictDecodingTests {
  @Test func everyTypeIsRead() throws {
    let read = try everything(
      """
      int: 0x10, small: -128, big: 18446744073709551615, double: 3, float: 1e-3, flag: TRUE, text: 'yes',
      flavour: sour, maybeInt: 1, maybeFlag: true, maybeText: a b, maybeList: [1], maybeFlavour: sweet,
      maybeDefault: ~, grid: [[], [4]], table: {c: 3}, lists: {d: [1, 2], e: []}, nested: {depth: 7},
      maybePart: {note: hi}, parts: [{size: 2}, {}], word: right
      """)
    var expected = ToyOfEverything.Configuration()
    expected.int = 16
    expected.small = -128
    expected.double = 3
    expected.float = 1e-3
    expected.flag = true
    expected.text = "yes"
    expected.flavour = .sour
    expected.maybeInt = 1
    expected.maybeFlag = true
    expected.maybeText = "a b"
    expected.maybeList = [1]
    expected.maybeFlavour = .sweet
    expected.maybeDefault = nil
    expected.grid = [[], [4]]
    expected.table = ["c": 3]
    expected.lists = ["d": [1, 2], "e": []]
    expected.nested.depth = 7
    expected.maybePart = ToyOfEverything.Part()
    expected.maybePart?.note = "hi"
    var two = ToyOfEverything.Part()
    two.size = 2
    expected.parts = [two, ToyOfEverything.Part()]
    expected.word = "right"
    #expect(read == expected)
  }

  @Test func whatIsLeftOutKeepsItsDefault() throws {
    #expect(try everything("") == ToyOfEverything.Configuration())
    #expect(try everything("nested: {}").nested.tags == ["x"])
    #expect(try everything("maybePart: {}").maybePart == ToyOfEverything.Part())
  }

  @Test(arguments: [
    ("int: 3.0", "expected a whole number for 'int', got 3.0 | write 3"),
    ("int: 2.5", "expected a whole number for 'int', got 2.5"),
    ("int: 1e30", "expected a whole number for 'int', got 1e30 | at most 9223372036854775807"),
    (
      "int: 99999999999999999999",
      "expected a whole number for 'int', got 99999999999999999999 | at most 9223372036854775807"
    ),
    ("int: '5'", "expected a whole number for 'int', got '5' | write 5, without quotes"),
    ("int: five", "expected a whole number for 'int', got 'five'"),
    ("int: ~", "expected a whole number for 'int', got nothing"),
    ("int: [1]", "expected a whole number for 'int', got a list"),
    ("small: 128", "expected a whole number from -128 to 127 for 'small', got 128"),
    ("big: -1", "expected a whole number of at least 0 for 'big', got -1"),
    ("double: abc", "expected a number above 0, at most 10 for 'double', got 'abc'"),
    ("double: .nan", "expected a number above 0, at most 10 for 'double', got .nan"),
    ("double: 0", "expected a number above 0, at most 10 for 'double', got 0"),
    ("double: 10.5", "expected a number above 0, at most 10 for 'double', got 10.5"),
    ("float: .nan", "expected a number for 'float', got .nan"),
    ("flag: no", "expected true or false for 'flag', got 'no' | write false"),
    ("flag: 1", "expected true or false for 'flag', got 1"),
    ("text: 2020", "expected a text for 'text', got 2020 | write \"2020\", in quotes"),
    ("text: null", "expected a text for 'text', got nothing"),
    ("text: {a: 1}", "expected a text for 'text', got a map"),
    ("flavour: sourr", "unknown value 'sourr' for 'flavour' | did you mean 'sour'?"),
    ("flavour: 3", "expected one of sweet, sour for 'flavour', got 3"),
    ("maybeFlavour: salty", "unknown value 'salty' for 'maybeFlavour'"),
    ("word: lefty", "unknown value 'lefty' for 'word' | did you mean 'left'?"),
    ("word: 3", "expected one of left, right for 'word', got 3"),
    ("maybeInt: x", "expected a whole number for 'maybeInt', got 'x'"),
    ("maybeList: 3", "expected a list of whole numbers for 'maybeList', got 3 | write [3]"),
    ("grid: [1]", "expected a list of whole numbers, each of at least 0 for 'grid', got 1 | write [1]"),
    ("grid: [[1], [-1]]", "expected a whole number of at least 0 for 'grid', got -1"),
    ("table: [1]", "expected a map for 'table', got a list"),
    ("table: {a: x}", "expected a number above 0 for 'table.a', got 'x'"),
    ("nested: {dept: 1}", "unknown key 'dept' in nested | did you mean 'depth'?"),
    ("nested: {tags: x}", "expected a list of texts for 'tags', got 'x'"),
    ("nested: 3", "expected a map for 'nested', got 3"),
    ("maybePart: {size: 0}", "expected a whole number of at least 1 for 'size', got 0"),
    ("parts: [{sise: 1}]", "unknown key 'sise' in parts | did you mean 'size'?"),
    ("intt: 1", "unknown key 'intt' in data | did you mean 'int'?"),
    ("\"bad\\u001bkey\": 1", "unknown key 'bad\\u{1B}key' in data"),
  ])
  func whatDoesNotFitIsRefusedDescription(keys: String, expected: String) {
    #expect(problems(keys) == [expected])
  }

  @Test func everythingWrongIsToldAtOnce() {
    #expect(problems("int: x, small: 1000, nested: {depth: y, z: 1}, grid: [[a], b]").count == 6)
  }

  @Test func optionsAreDescribedWithTypesRangesAndDefaults() {
    let rows = ToyOfEverything.Configuration.optionDescriptions
    func row(_ key: String) -> [String] {
      rows.filter { $0.key == key }.flatMap { [$0.values, $0.defaultText, $0.summary] }
    }
    #expect(row("double") == ["a number above 0, at most 10", "1.0", "a number"])
    #expect(row("grid") == ["a list of lists of whole numbers, each of at least 0", "[[1, 2], [3]]", "a grid"])
    #expect(row("maybeList") == ["a list of whole numbers", "none", ""])
    #expect(row("word") == ["one of left, right", "left", "a word"])
    #expect(row("nested") == ["a map", "{depth: 2, tags: [x]}", ""])
    #expect(row("float") == ["a number", "0.1", ""])
  }
}
