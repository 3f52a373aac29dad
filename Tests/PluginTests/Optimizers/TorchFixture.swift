import AllPlugins
import FusionConfig
import Foundation

/// A file of `Tests/Fixtures/optimizers`, made by `make_optimizers.py` with PyTorch; configurations are those of FusionKit.
struct TorchFixture {
  let content: [String: Any]

  init(_ name: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Fixtures/optimizers/\(name).json")
    content = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
  }

  /// A component of this package with a configuration of the file.
  struct Case: CustomStringConvertible {
    let type: any Component.Type
    let yaml: String
    let content: [String: Any]

    init(_ kind: ComponentKind, _ content: [String: Any]) throws {
      self.content = content
      type = try Registry.allPlugins().find(kind, content["name"] as? String ?? "").type
      let configuration = content["configuration"] ?? [:]
      // JSON is YAML: it is read as the section of a configuration file.
      yaml = String(decoding: try JSONSerialization.data(withJSONObject: configuration), as: UTF8.self)
    }

    var description: String { "\(type.name) \(yaml)" }

    func numbers(_ key: String) -> [Double] { content[key] as? [Double] ?? [] }

    /// The configuration, as a file's.
    func configuration<C: ComponentConfiguration>(_ type: C.Type) throws -> C { try C.read(yaml, name: "case").get() }
  }

  func cases(_ kind: ComponentKind, _ key: String = "cases") throws -> [Case] {
    try (content[key] as? [[String: Any]] ?? []).map { try Case(kind, $0) }
  }
}

extension TorchFixture.Case {
  func optimizer(_ parameters: [Parameter]) throws -> any Optimizer {
    func made<O: Optimizer>(_ type: O.Type) throws -> any Optimizer {
      O(try configuration(O.Configuration.self), parameters: parameters)
    }
    guard let type = type as? any Optimizer.Type else { throw CocoaError(.coderInvalidValue) }
    return try made(type)
  }

  func schedule(_ length: ScheduleLength) throws -> any Schedule {
    func made<S: Schedule>(_ type: S.Type) throws -> any Schedule {
      S(try configuration(S.Configuration.self), length: length)
    }
    guard let type = type as? any Schedule.Type else { throw CocoaError(.coderInvalidValue) }
    return try made(type)
  }
}
