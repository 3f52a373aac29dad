/// A class that a user names: by its name, or by its number.
public enum ClassChoice: Sendable, Equatable, Hashable {
  /// Where classes are named by whole numbers, the one with this name; else the one at this place, counted from 0.
  case number(Int)
  /// The one with this name.
  case name(String)

  /// As it was written.
  public var text: String {
    switch self {
    case .number(let number): "\(number)"
    case .name(let name): name
    }
  }

  /// The place of the class among all; nil where there is no such class.
  public func place(among names: [String]) -> Int? {
    if let place = names.firstIndex(of: text) { return place }
    guard case .number(let number) = self, !Self.areNumbers(names), names.indices.contains(number) else { return nil }
    return number
  }

  /// What may be chosen, in words.
  public static func expectation(_ names: [String]) -> String {
    if names.indices.allSatisfy({ names[$0] == "\($0)" }) { return "different numbers from 0 to \(names.count - 1)" }
    return "different ones of \(names.listed())"
      + (areNumbers(names) ? "" : ", or numbers from 0 to \(names.count - 1)")
  }

  private static func areNumbers(_ names: [String]) -> Bool { names.allSatisfy { Int($0) != nil } }
}

extension ClassChoice: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  /// By its number.
  public init(integerLiteral value: Int) { self = .number(value) }
  /// By its name.
  public init(stringLiteral value: String) { self = .name(value) }
}

extension ClassChoice: Codable {
  /// A whole number, or a text.
  public init(from decoder: any Swift.Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int.self) {
      self = .number(number)
    } else {
      self = .name(try container.decode(String.self))
    }
  }

  /// A whole number, or a text.
  public func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .name(let name): try container.encode(name)
    }
  }
}
