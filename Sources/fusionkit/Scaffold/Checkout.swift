import Foundation
import FusionData

/// A checkout of FusionKit, into which plugins are entered.
struct Checkout {
  /// Its folder.
  let path: String
  private let manifest: String

  private static let opening = "let plugins = ["

  /// The checkout that a folder lies in, itself or a folder above; nil where there is none.
  static func above(_ folder: String) -> String? {
    var folder = folder
    while true {
      if let text = try? String(contentsOfFile: folder + "/Package.swift", encoding: .utf8),
        text.contains("name: \"FusionKit\"")
      {
        return folder
      }
      guard let slash = folder.lastIndex(of: "/"), folder != "/" else { return nil }
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
    }
  }

  /// Opens the checkout around a folder.
  ///
  /// - Throws: ``UsageError`` where there is none, or its manifest has no list to enter a plugin into.
  init(around folder: String) throws(UsageError) {
    guard let path = Self.above(folder),
      let text = try? String(contentsOfFile: path + "/Package.swift", encoding: .utf8)
    else {
      throw UsageError(
        "\(folder) is not in a checkout of FusionKit: there is no Package.swift of it here or above\n"
          + "  change into one, or make a package of your own with --package FOLDER --fusionkit PATH-OR-URL")
    }
    guard Self.list(in: text) != nil, FileManager.default.fileExists(atPath: path + "/Plugins") else {
      throw UsageError(
        "\(path)/Package.swift has no list '\(Self.opening)…]' of the plugins\n"
          + "  restore it, or make a package of your own with --package FOLDER")
    }
    self.path = path
    manifest = text
  }

  /// The folders below `Plugins/` that are one target each.
  var collections: [String] {
    guard let list = manifest.firstMatch(of: /let collections: \[String\] = \[(?<names>[^\]]*)\]/)?.names else {
      return []
    }
    return list.matches(of: /"(\w+)"/).map { String($0.1) }
  }

  /// The manifest with one more plugin at the end of its list.
  ///
  /// - Throws: ``UsageError`` where the list has the name already.
  func manifest(entering type: String) throws(UsageError) -> String {
    guard let list = Self.list(in: manifest) else { return manifest }
    guard !manifest[list].contains("\"\(type)\"") else {
      throw UsageError("\(path)/Package.swift lists '\(type)' already: take it out, or choose another name")
    }
    var body = manifest[list]
    while let last = body.last, last.isWhitespace { body.removeLast() }
    let comma = body.hasSuffix(",") || body.hasSuffix("[") ? "" : ","
    return manifest[..<list.lowerBound] + body + comma + "\n  \"\(type)\",\n" + manifest[list.upperBound...]
  }

  /// From the opening bracket to before the closing one.
  private static func list(in text: String) -> Range<String.Index>? {
    guard let start = text.firstRange(of: opening),
      let end = text[start.upperBound...].firstIndex(of: "]"),
      // A comment or an expression would make the place a guess.
      text[start.upperBound..<end].wholeMatch(of: /(\s|,|"\w+")*/) != nil
    else { return nil }
    return start.lowerBound..<end
  }
}
