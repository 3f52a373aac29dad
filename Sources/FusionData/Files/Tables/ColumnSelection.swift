import Foundation
import FusionCore

/// Which columns of a table are meant: `age,height`, `2`, `x1..x9`; empty: all.
struct ColumnSelection {
  /// As it was written.
  let text: String
  private let parts: [String]

  init(_ text: String) {
    self.text = text.precomposedStringWithCanonicalMapping
    parts = self.text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// What can only be meant as names.
  var names: [String] {
    let named = parts.flatMap { part in
      [part] + (Self.ends(of: part).map { [$0.from, $0.to] } ?? [])
    }
    return ([text] + named).filter { !$0.isEmpty && Int($0) == nil }
  }

  private static func ends(of part: String) -> (from: String, to: String)? {
    part.range(of: "..").map { (String(part[..<$0.lowerBound]), String(part[$0.upperBound...])) }
  }

  /// The columns' places.
  ///
  /// - Throws: ``DataError`` with every part that means none, or more than one.
  func columns(of header: [String]?, count: Int, path: String) throws(DataError) -> [Int] {
    if text.isEmpty { return Array(0..<count) }
    // A name that holds a comma is meant as it stands.
    if let header, header.count(where: { $0 == text }) == 1 { return [header.firstIndex(of: text)!] }
    let header = header.map(Header.init)
    return try parts.mapGathering { part throws(DataError) -> [Int] in
      if let named = try header?.place(of: part, path) { return [named] }
      if let number = Self.number(part, count) { return [number] }
      if let ends = Self.ends(of: part) {
        let named = (try header?.place(of: ends.from, path), try header?.place(of: ends.to, path))
        let numbered = (Self.number(ends.from, count), Self.number(ends.to, count))
        // Where columns are named by numbers, one end must not be a name and the other a place.
        let range: (Int, Int)? =
          switch (named, numbered) {
          case ((let from?, let to?), _), ((nil, nil), (let from?, let to?)): (from, to)
          default: nil
          }
        if let (from, to) = range, from <= to { return Array(from...to) }
      }
      throw unknown(part, header?.names, count, path)
    }.flatMap { $0 }
  }

  /// The names of the columns, and where each stands.
  private struct Header {
    let names: [String]
    private let places: [String: [Int]]

    init(_ names: [String]) {
      self.names = names
      places = Dictionary(names.enumerated().map { ($1, [$0]) }, uniquingKeysWith: +)
    }

    func place(of name: String, _ path: String) throws(DataError) -> Int? {
      let found = name.isEmpty ? [] : places[name] ?? []
      guard found.count < 2 else {
        throw DataError(
          path, "has \(found.count) columns called '\(name.excerpt())'",
          expected: "one, or its number: \(found.map { "\($0 + 1)" }.joined(separator: ", "))")
      }
      return found.first
    }
  }

  private static func number(_ text: String, _ count: Int) -> Int? {
    Int(text).flatMap { 1...count ~= $0 ? $0 - 1 : nil }
  }

  private func unknown(_ part: String, _ header: [String]?, _ count: Int, _ path: String) -> DataError {
    let nearest = nearestSpelling(of: part, among: header ?? []).map { ": did you mean '\($0.excerpt())'?" } ?? ""
    return DataError(
      path, "has no column '\(part.excerpt())'\(nearest)",
      expected: (header.map { "\($0.listed()), or " } ?? "") + "a number from 1 to \(count)")
  }
}
