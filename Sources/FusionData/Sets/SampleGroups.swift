/// Which samples belong together: those of one recording, speaker or patient tell less than as many of different ones.
public struct SampleGroups: Sendable, Equatable {
  /// The names of the groups.
  public let names: [String]
  /// For each row of the arrays the number of its group.
  public let numbers: [Int32]

  /// Groups by a name for each row of the arrays, numbered in the order in which they first occur.
  public init(_ words: [String]) {
    var known: [String: Int32] = [:]
    var names: [String] = []
    numbers = words.map { word in
      if let number = known[word] { return number }
      known[word] = Int32(names.count)
      names.append(word)
      return Int32(names.count - 1)
    }
    self.names = names
  }

  /// The name of a row's group.
  public subscript(row: Int) -> String { names[Int(numbers[row])] }

  /// Groups from a file: a column of a table, or an array of whole numbers or of text `[N]`.
  init(
    _ reference: ArrayReference, header: TableHeader = .auto, journal: ReadingJournal? = nil
  ) throws(DataError) {
    guard reference.isTable else {
      if let words = try reference.text() {
        self.init(words)
        return
      }
      let array = try reference.open()
      guard array.sampleCount == 1, !array.elementType.isFloatingPoint else {
        throw DataError(
          array.source, "holds an array of \(array.elementType.rawValue) of shape \(array.shape)",
          expected: "the group of each sample: whole numbers [N]")
      }
      var words = [String](repeating: "", count: array.count)
      var tooLarge: Int?
      array.visit(0..<array.count) { row, value in
        if abs(value) < 0x1p53 { words[row] = "\(Int(value))" } else { tooLarge = tooLarge ?? row }
      }
      if let tooLarge {
        throw DataError(
          array.source, "row \(tooLarge + 1) holds a group beyond 2^53",
          expected: "smaller numbers, or words in a table")
      }
      self.init(words)
      return
    }
    let table = try reference.openTable(header: header, journal: journal)
    let columns = try reference.columns(of: table)
    guard columns.count == 1 else {
      throw DataError(
        reference.path, "has \(columns.count) columns of groups", expected: "one: name it with FILE:COLUMN")
    }
    self.init(try table.text(column: columns[0]))
  }
}
