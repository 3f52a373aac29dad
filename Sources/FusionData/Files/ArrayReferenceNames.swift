import Foundation
import FusionCore

extension ArrayReference {
  /// Up to how many bytes a table is read for the names of its columns.
  package static let mostTableBytes = 64 << 20

  /// Whether the file is there, and holds what the reference names; of arrays, headers alone are read.
  ///
  /// - Parameter header: whether the first row of a table names its columns.
  /// - Throws: ``DataError`` with the nearest spelling of what is missing.
  package func checkNames(header: TableHeader = .auto) throws(DataError) {
    guard exists else { throw DataError(path, "there is no such file" + nearestFile()) }
    let name = path.lowercased()
    if isTable {
      guard size <= Self.mostTableBytes else { return }
      _ = try columns(of: openTable(header: header))
    } else if name.hasSuffix(".npz") {
      try checkMember(among: Npz(opening: path).names)
    } else if name.hasSuffix(".safetensors") {
      try checkMember(among: SafeTensors(opening: path).names)
    } else if !name.hasSuffix(".npy") {
      // What is left is read whole, or is of no known kind.
      _ = try open()
    }
  }

  /// The size of the file in bytes; 0 where it cannot be told.
  package var size: Int { (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0 }

  private func checkMember(among names: [String]) throws(DataError) {
    guard let member, !names.contains(member) else { return }
    let nearest = nearestSpelling(of: member, among: names).map { ": did you mean '\($0.excerpt())'?" } ?? ""
    throw DataError(
      path, "holds no array '\(member.excerpt())'\(nearest)", expected: names.listed())
  }

  private func nearestFile() -> String { nearestPath(to: path).map { ": did you mean '\($0)'?" } ?? "" }
}

/// The path that one which is not there was most likely meant to be: another name in the folder where it ends to be true.
public func nearestPath(to path: String) -> String? {
  var known = path.hasPrefix("/") ? "/" : ""
  let parts = path.split(separator: "/").map(String.init)
  for (place, part) in parts.enumerated() {
    if FileManager.default.fileExists(atPath: known + part) {
      known += part + "/"
      continue
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: known.isEmpty ? "." : known)) ?? []
    return nearestSpelling(of: part, among: names.sorted()).map { name in
      let whole = ([known + name] + parts[(place + 1)...]).joined(separator: "/")
      return FileManager.default.fileExists(atPath: whole) ? whole : known + name
    }
  }
  return nil
}
