import Foundation
import FusionCore

/// `file` or `file:member`, as a configuration names an array.
struct ArrayReference {
  /// The path, the folder put before a relative one.
  let path: String
  /// The array of an npz or safetensors file, or columns of a table.
  let member: String?

  init(_ text: String, root: String?) {
    func resolved(_ file: String) -> String {
      let file = (file as NSString).expandingTildeInPath
      return file.hasPrefix("/") || root == nil ? file : "\(root!)/\(file)"
    }
    // A file whose name holds a colon is meant as it stands.
    if let colon = text.lastIndex(of: ":"), !FileManager.default.fileExists(atPath: resolved(text)) {
      path = resolved(String(text[..<colon]))
      member = String(text[text.index(after: colon)...])
    } else {
      path = resolved(text)
      member = nil
    }
  }

  var isTable: Bool { [".csv", ".tsv"].contains { path.lowercased().hasSuffix($0) } }
  var exists: Bool { FileManager.default.fileExists(atPath: path) }

  /// Opens the array; the kind of file follows from its name.
  func open() throws(DataError) -> StoredArray {
    let name = path.lowercased()
    if isTable {
      let table = try CSV(opening: path)
      return try table.numbers(columns: table.columns(member ?? ""))
    }
    if name.hasSuffix(".npz") {
      let archive = try Npz(opening: path)
      return try archive.array(chosen(among: archive.names))
    }
    if name.hasSuffix(".safetensors") {
      let file = try SafeTensors(opening: path)
      let name = try chosen(among: file.names)
      guard let array = file[name] else {
        throw DataError(path, "holds no tensor '\(name)'", expected: file.names.joined(separator: ", "))
      }
      guard !array.shape.isEmpty else { throw DataError(array.source, "is a single value", expected: "[N, …]") }
      return array
    }
    guard member == nil else {
      throw DataError(
        path, "has no members", expected: "'file:member' for npz and safetensors files and for tables only")
    }
    if name.hasSuffix(".npy") {
      let array = try Npy.open(path)
      guard !array.shape.isEmpty else { throw DataError(path, "is a single value", expected: "[N, …]") }
      return array
    }
    if name.hasSuffix("-ubyte") || name.hasSuffix(".idx") || name.hasSuffix(".gz") { return try Idx.open(path) }
    throw DataError(
      path, "is of an unknown kind", expected: "a name that ends in .npy, .npz, .safetensors, .csv, .tsv, .idx or .gz")
  }

  private func chosen(among names: [String]) throws(DataError) -> String {
    if let member { return member }
    guard names.count == 1 else {
      throw DataError(
        path, "holds \(counted(names.count, "array")): \(names.joined(separator: ", "))", expected: "file:NAME")
    }
    return names[0]
  }
}
