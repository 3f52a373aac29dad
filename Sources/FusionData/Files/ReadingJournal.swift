/// Takes note, while files are read, of what a person should know, and of how tables were understood.
package final class ReadingJournal {
  /// Nothing yet.
  package init() {}
  /// One sentence each, without repetition.
  package private(set) var notes: [String] = []
  /// The tables, by path.
  package private(set) var tables: [String: TableRecord] = [:]

  package func note(_ text: String) {
    if !notes.contains(text) { notes.append(text) }
  }

  package func add(_ table: CSV) { tables[table.path] = TableRecord(table) }
}

/// How a table was understood: what a run records of it.
public struct TableRecord: Codable, Sendable, Equatable {
  /// Whether the first row was taken for the names of the columns.
  public let header: Bool
  /// These names, the first hundred of them.
  public let columns: [String]?
  /// The number of rows, the header left out.
  public let rows: Int

  init(_ table: CSV) {
    header = table.header != nil
    columns = table.header.map { Array($0.prefix(100)) }
    rows = table.rowCount
  }
}
