import Datasets
import Foundation
import FusionCore
import FusionData
import Testing

@Suite struct TableTests {
  let folder = TemporaryFolder()

  private func table(_ text: String, _ header: TableHeader = .auto, name: String = "t.csv") throws(DataError) -> CSV {
    try CSV(opening: folder.file(name, text), header: header)
  }

  /// What opening the table and reading all of it as numbers says.
  private func error(_ text: String, _ header: TableHeader = .auto, name: String = "t.csv") -> String {
    message { () throws(DataError) in
      let table = try table(text, header, name: name)
      return try table.numbers(columns: table.columns(""))
    }
  }

  @Test func blanksOfEveryScriptAroundACellDoNotCount() throws {
    let blanks = "\u{A0}\u{3000}\u{2009} "
    let text = "x,y\n1\u{A0},\(blanks)cat\n\(blanks)2,NA\u{A0}\n3\(blanks),\(blanks)\n4,d\u{A0}g\(blanks)\n"
    let table = try table(text)
    #expect(try table.numbers(columns: [0]).floats() == [1, 2, 3, 4])
    #expect(try table.text(column: 1) == ["cat", "NA", "", "d\u{A0}g"])
    _ = folder.file("blank.csv", text)
    try Npy.write([1, 2, 3, 4] as [Float], shape: [4, 1], to: folder("x.npy"))
    var configuration = ArraysDataset.Configuration()
    configuration.train = ["x": "x.npy", "targets": "blank.csv:y"]
    let said = message { () throws(DataError) in
      try ArraysDataset.open(configuration, root: folder.path, modalities: ["x"])
    }
    #expect(said.contains("blank.csv:3:") && said.contains("blank.csv:4:") && said.contains("missing value"), "\(said)")
  }

  // MARK: Header

  @Test(arguments: [
    "2019,2020,2021\n0.1,0.2,0.3\n0.4,0.5,0.6\n", "1,2,3\n0.1,0.2,0.3\n", "0,1\n0.1,0.2\n0.4,0.5\n",
    "0,1,2\n1,1,2\n2,0,2\n", ",0,1\n0,0.5,0.5\n1,0.5,0.5\n", "0,1,2,0\n0.5,0.5,0.5,1\n0.25,0.5,0.5,2\n",
    "nan,NA\n1,2\n",
    "0\n0.5\n0.25\n", "oops,2,5\n1,2,3\n",
  ])
  func aFirstRowThatCouldBeEitherIsAskedAbout(text: String) throws {
    let question = error(text)
    #expect(question.contains("t.csv:1: the first row (") && question.contains("header: true or header: false"))
    #expect(question.contains("--header true"))
    let rows = text.split(separator: "\n").count
    #expect(try table(text, .yes).rowCount == rows - 1)
    #expect(try table(text, .no).rowCount == rows)
  }

  @Test(arguments: [
    ("label,0,1,2\n5,0.1,0.2,0.3\n6,0.4,0.5,0.6\n", true), ("a,b\n1,2\n", true), ("x,nan\n1,2\n", true),
    ("label\ncat\ndog\ncat\n", true), ("cat\ndog\ncat\n", false), ("5.1,3.5,setosa\n4.9,3,setosa\n", false),
    ("5.1,3.5\n4.9,3\n", false), ("0\n1\n2\n", false), ("1,0\n0,1\n1,0\n", false), ("0,1\n1,0\n0,1\n", false),
    ("7,2,9\n4,5,6\n", false), ("a,b\n", true), ("1,2,3\n", false), (",p,q\n0,0.5,0.5\n1,0.5,0.5\n", true),
  ])
  func aClearFirstRowIsNotAskedAbout(text: String, hasHeader: Bool) throws {
    if text == "a,b\n" {
      #expect(error(text).contains("no row below its header"))
    } else {
      #expect((try table(text).header != nil) == hasHeader)
    }
  }

  @Test func askingForANameSaysThatThereIsAHeader() throws {
    let path = folder.file("t.csv", "1,total,2\nnone,word,0.3\nsome,other,0.6\n")
    #expect(message { () throws(DataError) in try CSV(opening: path) } != "")
    #expect(try CSV(opening: path, naming: "total").rowCount == 2)
  }

  // MARK: Cells

  @Test func numbersAreReadAsTheLibraryReadsThem() throws {
    let random = RandomStream(seed: 4)
    var texts = [
      "1.", ".5", "+3", "-0.0", "1e22", "1e-22", "9007199254740993.0", "123456789012345678", "0.1", "3.4e38", "1e-400",
      "0.000000000000000000000000000000000000000000001", "00012.50", "1E5", "5e-324", "179769313486231570.5",
      "0e999999999",
    ]
    for place in 0..<400 {
      let digits = (0...random.integer(below: 20, at: place * 40)).map {
        random.integer(below: 10, at: place * 40 + 1 + $0)
      }
      let point = random.integer(below: digits.count + 1, at: place * 40 + 30)
      let exponent = random.integer(below: 61, at: place * 40 + 31) - 30
      let text = digits.map(String.init)
      texts.append(
        text[..<point].joined() + "." + text[point...].joined() + (exponent > 20 ? "" : "e\(exponent)"))
    }
    texts.removeAll { $0.hasPrefix(".e") || $0 == "." }
    let table = try table("v\n" + texts.joined(separator: "\n") + "\n")
    let array = try table.numbers(columns: [0])
    #expect(array.elementType == .float64 && array.count == texts.count)
    #expect(try array.floats() == texts.map { Float(Double($0)!) })
  }

  @Test(arguments: [
    "0x1F", "0x1p3", "1_000", "1,5", "1e", "e5", ".", "+", "--1", "1 2", "inf", "-Infinity", "１２", "٣", "1.2.3", "1e+",
    "½",
  ])
  func whatIsNoNumberIsRefusedAtItsPlace(cell: String) {
    let shown = cell.replacingOccurrences(of: "\"", with: "")
    #expect(error("x,y\n1.0,\"\(cell)\"\n2.0,3\n").contains("t.csv:2:5: '\(shown)' is not a number"))
  }

  @Test(arguments: ["?", "NA", "n/a", "null", "NaN", "-", "<NA>", "#N/A"])
  func marksOfMissingValuesAreCalledSo(mark: String) {
    #expect(
      error("x,y\n1.0, \(mark) \n").contains(
        "t.csv:2:6: '\(mark)': a missing value\n  expected: a number in column y"))
  }

  @Test func severalBadFieldsAreToldTogether() {
    let text = error("x\n" + (0..<8).map { "bad\($0)\n" }.joined() + "1\n")
    #expect(text.contains("t.csv:2:1: 'bad0'") && text.contains("t.csv:6:1: 'bad4'"))
    #expect(text.contains("t.csv: 3 more such fields"))
    #expect(!text.contains("bad5"))
  }

  @Test func numbersBeyond32BitsAreRefused() throws {
    #expect(error("x,y\n1,1e39\n").contains("t.csv:2:3: '1e39' is too large"))
    #expect(error("x,y\n1,1e999\n").contains("t.csv:2:3: '1e999' is too large"))
    let path = folder("a.npy")
    let writer = try NpyWriter(path, .float64, shape: [2, 2])
    try writer.append([1, 2, 3, 1e39])
    try writer.commit()
    let text = message { () throws(DataError) in try Npy.open(path).scanned(device: Device(threads: 1)) }
    #expect(text.contains("a.npy: row 2 holds 1e+39, which is too large to be computed with, at position 2"))
  }

  @Test func damageIsToldAtItsPlaceAndShortly() {
    #expect(error("x,y\n1.0,2\u{0}3\n").contains("t.csv:2:5: a NUL byte"))
    let long = error("x,y\n1," + String(repeating: "a", count: 5_000_000) + "\n")
    #expect(long.count < 400 && long.contains("aaa…' is not a number"))
    #expect(error("x,y\n1,a\u{1B}[31m\u{202E}\n").contains("'a\\u{1B}[31m\\u{202E}'"))
    #expect(error("é,y\né,2\n1,2\n").contains("t.csv:2:1"))
    #expect(error("x,y\né,\"2\n").contains("t.csv:2:3: a quoted field without its closing quote"))
  }

  @Test func blanksAroundFieldsDoNotCount() throws {
    let table = try table("x , label\n 1 ,cat\n2, cat\n3,\"dog\" \n4,\u{A0}dog\n5,\" dog\"\n")
    #expect(table.header == ["x", "label"])
    #expect(try table.text(column: 1) == ["cat", "cat", "dog", "dog", " dog"])
    #expect(try table.numbers(columns: [0]).floats() == [1, 2, 3, 4, 5])
  }

  @Test func trueAndFalseAreNumbersInAColumnOfThem() throws {
    let table = try table("a,b\nTrue,1\nfalse,2\n")
    #expect(try table.numbers(columns: [0]).elementType == .bool)
    let both = try table.numbers(columns: [0, 1])
    #expect(both.elementType == .int64)
    #expect(try both.floats() == [1, 1, 0, 2])
    #expect(error("a,b\nTrue,1\n3.5,2\n").contains("t.csv:2:1: 'True' is not a number"))
  }

  // MARK: Rows

  @Test func anEmptyLineOfOneColumnIsAMissingValue() throws {
    #expect(error("v\n1\n\n3\n").contains("t.csv:3:1: an empty field: a missing value"))
    #expect(error("\n1\n2\n").contains("t.csv:1: an empty line: a missing value"))
    // Empty lines at the end shift nothing; those of a wider table are no fields.
    #expect(try table("v\n1\n3\n\n\n").rowCount == 2)
    #expect(try table("v,w\n1,2\n\n3,4\n").rowCount == 2)
  }

  @Test(arguments: ["x,y\r1,2\r3,4", "x,y\r\n1,2\r\n3,4\r\n", "sep=,\nx,y\n1,2\n3,4\n", "\u{FEFF}x,y\n1,2\n3,4"])
  func linesEndInEveryWay(text: String) throws {
    let table = try table(text)
    #expect(table.header == ["x", "y"])
    #expect(try table.numbers(columns: [0, 1]).floats() == [1, 2, 3, 4])
  }

  // MARK: Other kinds of tables

  @Test func otherSeparatorsAreGuessed() {
    #expect(error("x;y\n1;2\n3;4\n").contains("separated by semicolons"))
    #expect(error("x;y\n1,5;2\n3,5;4\n").contains("separated by semicolons, with decimal commas"))
    #expect(error("sep=;\nx;y\n1;2\n").contains("t.csv:1: says that its separator is ';'"))
    #expect(error("x\ty\n1\t2\n").contains("separated by tabs"))
    #expect(error("x|y\n1|2\n").contains("separated by bars"))
    #expect(error("x,y\n1,2\n", name: "t.tsv").contains("separated by commas"))
    #expect(error("x,y\n1,2\n", name: "T.TSV").contains("separated by commas"))
  }

  @Test func otherEncodingsAreNamed() {
    let wide: [UInt8] = [0xFF, 0xFE] + "x,y\n".utf16.flatMap { unit in [UInt8(unit & 255), UInt8(unit >> 8)] }
    func open(_ bytes: [UInt8]) -> String {
      let path = folder.file("u.csv", bytes)
      return message { () throws(DataError) in try CSV(opening: path) }
    }
    #expect(open(wide).contains("is text in UTF-16"))
    #expect(open([0x50, 0x4B, 3, 4, 0, 0]).contains("is a zip archive"))
    #expect(open(Array("x,y\n1,".utf8) + [0xE9, 0x0A]).contains("u.csv:2:3: text that is not UTF-8"))
  }

  // MARK: Columns

  @Test func columnsAreChosenWithoutDoubt() throws {
    let odd = try table("a,\"b\nc\",d|e,<f>,g/h,a,\"i,j\",\"e\u{301}\"\n1,2,3,4,5,6,7,8\n")
    #expect(try odd.columns("b\nc") == [1])
    #expect(try odd.columns("d|e,<f>,g/h") == [2, 3, 4])
    #expect(try odd.columns("i,j") == [6])
    // A composed letter and a decomposed one are the same name.
    #expect(try odd.columns("\u{E9}") == [7])
    #expect(
      message { () throws(DataError) in try odd.columns("a") }.contains(
        "has 2 columns called 'a'\n  expected: one, or its number: 1, 6"))
    #expect(try odd.columns("1,6") == [0, 5])
    #expect(message { () throws(DataError) in try odd.columns("<g>") }.contains("did you mean '<f>'?"))
    let numbered = try table("0,1,2,3,4,0\n0.1,0.2,0.3,0.4,0.5,1\n", .yes)
    // A name counts before a place; a range does not mix them.
    #expect(try numbered.columns("1..4") == [1, 2, 3, 4])
    #expect(message { () throws(DataError) in try numbered.columns("1..5") }.contains("has no column '1..5'"))
    #expect(try numbered.columns("6") == [5])
  }
}
