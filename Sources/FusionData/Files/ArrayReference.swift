import Foundation
import FusionCore

/// `file` or `file:member`, as a configuration names an array.
package struct ArrayReference {
  /// The path, the folder put before a relative one.
  package let path: String
  /// The array of an npz or safetensors file, or columns of a table.
  package let member: String?

  package init(_ text: String, root: String?) {
    func resolved(_ file: some StringProtocol) -> String {
      let file = (String(file) as NSString).expandingTildeInPath
      return file.hasPrefix("/") || root == nil ? file : "\(root!)/\(file)"
    }
    // A file whose name holds a colon is meant as it stands; so is the name of a column with one.
    let colons = text.indices.filter { text[$0] == ":" }
    func isFile(_ file: some StringProtocol) -> Bool {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: resolved(file), isDirectory: &isFolder) && !isFolder.boolValue
    }
    let colon = isFile(text) ? nil : colons.first { isFile(text[..<$0]) } ?? colons.last
    path = resolved(text[..<(colon ?? text.endIndex)])
    member = colon.map { String(text[text.index(after: $0)...]) }
  }

  package init(path: String, member: String? = nil) {
    self.path = path
    self.member = member
  }

  /// The kinds of files, told by their names.
  package enum Kind {
    case table, npy, npz, safetensors, idx
  }

  /// Nil for a name that tells none.
  package var kind: Kind? {
    let name = path.lowercased()
    if [".csv", ".tsv", ".csv.gz", ".tsv.gz"].contains(where: { name.hasSuffix($0) }) { return .table }
    if name.hasSuffix(".npz") { return .npz }
    if name.hasSuffix(".safetensors") { return .safetensors }
    if name.hasSuffix(".npy") { return .npy }
    return name.hasSuffix("-ubyte") || name.hasSuffix(".idx") || name.hasSuffix(".gz") ? .idx : nil
  }

  package var isTable: Bool { kind == .table }
  package var exists: Bool { FileManager.default.fileExists(atPath: path) }

  /// Opens the array; the kind of file follows from its name.
  ///
  /// - Parameters:
  ///   - header: whether the first row of a table names its columns.
  ///   - journal: takes note of how a table was understood.
  package func open(header: TableHeader = .auto, journal: ReadingJournal? = nil) throws(DataError) -> StoredArray {
    switch kind {
    case .table:
      let table = try openTable(header: header, journal: journal)
      return try table.numbers(columns: columns(of: table, journal))
    case .npz:
      let archive = try Npz(opening: path)
      return try withSamples(archive.array(chosen(among: archive.names)))
    case .safetensors:
      let file = try SafeTensors(opening: path)
      let name = try chosen(among: file.names)
      guard let array = file[name] else {
        throw DataError(path, "holds no tensor '\(name.excerpt())'", expected: file.names.listed())
      }
      return try withSamples(array)
    case .npy:
      try checkNoMember()
      return try withSamples(Npy.open(path))
    case .idx:
      try checkNoMember()
      return try Idx.open(path)
    case nil:
      try checkNoMember()
      throw DataError(
        path, "is of an unknown kind",
        expected: "a name that ends in .npy, .npz, .safetensors, .csv, .tsv, .idx or .gz")
    }
  }

  /// Opens the file as a table, which it has to be.
  package func openTable(header: TableHeader, journal: ReadingJournal? = nil) throws(DataError) -> CSV {
    let table = try CSV(opening: path, header: header, naming: member ?? "")
    journal?.add(table)
    return table
  }

  /// The columns that are meant: all of them, but for numbers of rows, where none are named.
  package func columns(of table: CSV, _ journal: ReadingJournal? = nil) throws(DataError) -> [Int] {
    let columns = try table.columns(member ?? "")
    guard (member ?? "").isEmpty, let index = table.indexColumn else { return columns }
    journal?.note(
      "\(path): the first column has no name: it is taken for the rows' index, and left out; "
        + "name columns (file.csv:2..5) to choose others")
    return columns.filter { $0 != index }
  }

  /// Text, one for each sample, where that is what an npy or npz file holds; nil where it holds something else.
  package func text() throws(DataError) -> [String]? {
    switch kind {
    case .npy: return try Npy.text(path)
    case .npz:
      let archive = try Npz(opening: path)
      return try archive.text(chosen(among: archive.names))
    default: return nil
    }
  }

  private func checkNoMember() throws(DataError) {
    guard member != nil else { return }
    throw DataError(path, "has no members", expected: "'file:member' for npz and safetensors files and for tables only")
  }

  private func withSamples(_ array: StoredArray) throws(DataError) -> StoredArray {
    guard !array.shape.isEmpty else { throw DataError(array.source, "is a single value", expected: "[N, …]") }
    return array
  }

  private func chosen(among names: [String]) throws(DataError) -> String {
    if let member { return member }
    guard names.count == 1 else {
      throw DataError(path, "holds \(counted(names.count, "array")): \(names.listed())", expected: "file:NAME")
    }
    return names[0]
  }
}
