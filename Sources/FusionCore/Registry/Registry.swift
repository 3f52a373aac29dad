/// What can go wrong with names.
public enum RegistryError: UserError, Equatable {
  /// Two components claim one name.
  case duplicate(kind: ComponentKind, name: String, first: String, second: String)
  /// The name is not of the form `[a-z][a-z0-9_]*`.
  case invalidName(kind: ComponentKind, name: String, origin: String)
  /// There is no component of this name.
  case notFound(kind: ComponentKind, name: String, available: [String], nearest: String?)

  /// A configuration names what does not exist (2), or the plugins themselves are at odds (1).
  public var exitStatus: Int32 {
    if case .notFound = self { return 2 }
    return 1
  }

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .duplicate(let kind, let name, let first, let second):
      "the \(kind.words) '\(name)' is registered twice: by \(first) and by \(second); rename one of them"
    case .invalidName(let kind, let name, let origin):
      "the \(kind.words) name '\(name)' of \(origin) is not valid: a name is a lower-case letter, then lower-case "
        + "letters, digits and underscores"
    case .notFound(let kind, let name, let available, let nearest):
      "unknown \(kind.words) '\(name)'" + (nearest.map { ": did you mean '\($0)'?" } ?? "")
        + "\n  available: \(available.joined(separator: ", "))   (fusionkit list \(kind.plural))"
    }
  }
}

/// The components that a program knows, by kind and name: a value, made at start-up and handed down.
public struct Registry: Sendable {
  /// A registered component.
  public struct Entry: Sendable {
    /// The type behind the name.
    public let type: any Component.Type
    /// Where it comes from: a target of this package, or the path of a library.
    public let origin: String
  }

  private var entries: [ComponentKind: [String: Entry]] = [:]
  /// The paths of the libraries whose plugins it holds, in the order in which they were loaded.
  public private(set) var libraries: [String] = []

  /// An empty registry.
  public init() {}

  /// Enters a component under its name and aliases.
  ///
  /// - Parameter origin: the target that it comes from, for messages; nil: the module of the type.
  /// - Throws: ``RegistryError/duplicate(kind:name:first:second:)`` or
  ///   ``RegistryError/invalidName(kind:name:origin:)``; the registry is unchanged then.
  public mutating func register(_ type: any Component.Type, origin: String? = nil) throws(RegistryError) {
    let origin = origin ?? String(String(reflecting: type).prefix { $0 != "." })
    let names = [type.name] + type.aliases
    for name in names {
      guard Self.isValid(name) else { throw .invalidName(kind: type.kind, name: name, origin: origin) }
      if let first = entries[type.kind]?[name] {
        throw .duplicate(kind: type.kind, name: name, first: first.origin, second: origin)
      }
    }
    for name in names { entries[type.kind, default: [:]][name] = Entry(type: type, origin: origin) }
  }

  /// Enters the components of a library that was loaded, all of them or none.
  ///
  /// - Parameter library: its path.
  /// - Throws: as ``register(_:origin:)``; the registry is unchanged then.
  public mutating func register(_ types: [any Component.Type], library: String) throws(RegistryError) {
    var registry = self
    for type in types { try registry.register(type, origin: library) }
    registry.libraries.append(library)
    self = registry
  }

  /// All components of a kind, sorted by name, aliases left out.
  public func all(_ kind: ComponentKind) -> [Entry] {
    (entries[kind] ?? [:]).filter { $0.key == $0.value.type.name }.values.sorted { $0.type.name < $1.type.name }
  }

  /// The component of this name or alias.
  ///
  /// - Throws: ``RegistryError/notFound(kind:name:available:nearest:)``.
  public func find(_ kind: ComponentKind, _ name: String) throws(RegistryError) -> Entry {
    if let entry = entries[kind]?[name] { return entry }
    let names = (entries[kind] ?? [:]).keys.sorted()
    throw .notFound(
      kind: kind, name: name, available: all(kind).map { $0.type.name },
      nearest: nearestSpelling(of: name, among: names))
  }

  private static func isValid(_ name: String) -> Bool { name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil }
}
