import AllPlugins
import Foundation
import Testing

/// The list under `cases`; what else a file says is passed over.
private struct Cases<Case: Decodable>: Decodable {
  let cases: [Case]
}

/// The file of a fixture, kept as read: each case's configuration is decoded as its type wants it.
struct FixtureFile: Sendable {
  let data: Data

  /// The file at a path below Tests/Fixtures.
  init(_ path: String) {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures")
    data = try! Data(contentsOf: folder.appending(path: path))
  }

  /// All cases.
  func cases<Case: Decodable>(_ type: Case.Type) -> [Case] {
    try! JSONDecoder().decode(Cases<Case>.self, from: data).cases
  }

  /// The configuration of the one case with these values, over the type's defaults, as a configuration file's.
  func configuration<C: ComponentConfiguration>(_ type: C.Type, ofCase keys: [String: String]) throws -> C {
    let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let cases = try #require(file["cases"] as? [[String: Any]])
    let these = cases.filter { this in keys.allSatisfy { this[$0.key] as? String == $0.value } }
    try #require(these.count == 1, "\(these.count) cases are \(keys)")
    return try C.over(defaults: try #require(these[0]["configuration"] as? [String: Any]))
  }
}

extension ComponentConfiguration {
  /// Given values over the defaults, as a configuration file's.
  static func over(defaults given: [String: Any]) throws -> Self {
    let defaults = try JSONSerialization.jsonObject(with: JSONEncoder().encode(Self())) as? [String: Any] ?? [:]
    #expect(Set(given.keys).isSubset(of: options.map(\.key)))
    return try JSONDecoder().decode(
      Self.self, from: JSONSerialization.data(withJSONObject: defaults.merging(given) { $1 }))
  }
}
