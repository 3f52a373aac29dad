import FusionCore

extension ArrayReference {
  /// One word for each row: a column of a table, or an array of whole numbers or of text `[N]`.
  ///
  /// - Parameter what: what the words are, for messages: `group`, `id`.
  /// - Returns: the words, and where each of them stands, for messages.
  /// - Throws: ``DataError`` where the file holds something else, or a word is missing.
  private func placedWords(
    _ what: String, header: TableHeader, journal: ReadingJournal?
  ) throws(DataError) -> (words: [String], place: (_ row: Int) -> String) {
    let (words, table) = try wordsAndTable(what, header: header, journal: journal)
    let place = { (row: Int) in table?.line(ofRow: row).map { "\(path):\($0)" } ?? "\(path): row \(row + 1)" }
    if let row = words.firstIndex(where: { CellKind.marks.contains($0.lowercased()) }) {
      throw DataError(
        place(row), (words[row].isEmpty ? "an empty field" : quoted(words[row])) + " is a missing value",
        expected: "the \(what) of the sample")
    }
    return (words, place)
  }

  /// One word for each row: a column of a table, or an array of whole numbers or of text `[N]`.
  ///
  /// - Parameter what: what the words are, for messages: `group`, `id`.
  /// - Throws: ``DataError`` where the file holds something else, or a word is missing.
  package func rowWords(
    _ what: String, header: TableHeader = .auto, journal: ReadingJournal? = nil
  ) throws(DataError) -> [String] {
    try placedWords(what, header: header, journal: journal).words
  }

  private func wordsAndTable(
    _ what: String, header: TableHeader, journal: ReadingJournal?
  ) throws(DataError) -> (words: [String], table: CSV?) {
    guard isTable else {
      if let words = try text() { return (words, nil) }
      let array = try open()
      guard array.sampleCount == 1, !array.elementType.isFloatingPoint else {
        throw DataError(
          array.source, "holds an array of \(array.elementType.rawValue) of shape \(array.shape)",
          expected: "the \(what) of each sample: whole numbers [N]")
      }
      var words = [String](repeating: "", count: array.count)
      var tooLarge: Int?
      array.visit(0..<array.count) { row, value in
        if abs(value) < 0x1p53 { words[row] = "\(Int(value))" } else { tooLarge = tooLarge ?? row }
      }
      if let tooLarge {
        throw DataError(
          array.source, "row \(tooLarge + 1) holds a whole number beyond 2^53 for the \(what)",
          expected: "smaller numbers, or words in a table")
      }
      return (words, nil)
    }
    let table = try openTable(header: header, journal: journal)
    let columns = try columns(of: table)
    guard columns.count == 1 else {
      throw DataError(path, "has \(columns.count) columns of \(what)s", expected: "one: name it with FILE:COLUMN")
    }
    return (try table.text(column: columns[0]), table)
  }

  /// One name for each row, as ``rowWords(_:header:journal:)``, no two alike.
  package func rowIDs(header: TableHeader, journal: ReadingJournal) throws(DataError) -> [String] {
    let (words, place) = try placedWords("id", header: header, journal: journal)
    var rows: [String: Int] = [:]
    for (row, word) in words.enumerated() {
      guard let first = rows.updateValue(row, forKey: word) else { continue }
      throw DataError(
        place(row), "has the id \(quoted(word)), as \(place(first)) has",
        expected: "an id of its own for each sample; what samples have in common is called groups")
    }
    return words
  }
}
