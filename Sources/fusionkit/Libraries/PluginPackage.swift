import Foundation

/// A package of the user's own, as far as its plugins are concerned.
struct PluginPackage {
  /// A target that goes into the library.
  struct Target {
    let name: String
    /// Its Swift files.
    let sources: [String]
    /// What its settings in the manifest ask of the compiler.
    let flags: [String]
  }

  /// Its folder.
  let folder: String
  let name: String
  /// All that go into the library, each behind those it depends on.
  let targets: [Target]
  /// Those that hold a plugin of their name: the targets of the library products.
  let plugins: [String]
  /// Whether a target uses FusionData, as data sets do: the library then carries that module's fingerprint too.
  let usesData: Bool
  /// The modules of this program that a target may depend on.
  fileprivate static let core = ["FusionCore", "FusionComponents", "FusionData"]

  /// What the library of a package is called, unless the user says otherwise.
  static func libraryName(_ name: String) -> String {
    #if os(macOS)
      "lib\(name).dylib"
    #else
      "lib\(name).so"
    #endif
  }

  /// Reads the manifest of a package.
  ///
  /// - Throws: ``UsageError`` for a package that no library can be made of, ``ToolError`` where the manifest is broken.
  init(in folder: String) throws {
    guard FileManager.default.fileExists(atPath: folder + "/Package.swift") else {
      throw UsageError(
        "\(folder) is not the folder of a package: there is no Package.swift\n"
          + "  make one: fusionkit plugin new NAME --kind fusion --package FOLDER")
    }
    let text = try Tool("swift", ["package", "--package-path", folder, "dump-package"]).run().output
    let manifest: PackageManifest
    do { manifest = try JSONDecoder().decode(PackageManifest.self, from: Data(text.utf8)) } catch {
      throw UsageError("\(folder)/Package.swift cannot be understood: \(error)")
    }
    self.folder = folder
    name = manifest.name
    let products = manifest.products.filter { $0.type["library"] != nil }
    plugins = products.flatMap(\.targets).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    guard !plugins.isEmpty else {
      throw UsageError(
        "\(folder)/Package.swift has no library product\n"
          + "  the plugins to build are its targets: .library(name: \"…\", targets: [\"GatedSumFusion\"])")
    }
    let targets = try manifest.closure(of: plugins, in: folder)
    self.targets = targets
    usesData = manifest.targets.contains { target in
      targets.contains { $0.name == target.name }
        && target.dependencies.contains { $0.values.contains { $0.name == "FusionData" } }
    }
  }
}

/// What `swift package dump-package` prints, as far as it matters here.
private struct PackageManifest: Decodable {
  struct Product: Decodable {
    let targets: [String]
    /// `{"library": ["automatic"]}`.
    let type: [String: [String]?]
  }
  struct ToolsVersion: Decodable { let _version: String }
  struct Target: Decodable {
    struct Setting: Decodable {
      struct Value: Decodable {
        var words: [String] = []
        init(from decoder: any Swift.Decoder) throws {
          let container = try decoder.container(keyedBy: Key.self)
          words =
            (try? container.decode([String].self, forKey: Key(stringValue: "_0")))
            ?? (try? container.decode(String.self, forKey: Key(stringValue: "_0"))).map { [$0] } ?? []
        }
      }
      let tool: String
      let kind: [String: Value]
    }
    let name: String
    let type: String
    let path: String?
    let exclude: [String]
    let sources: [String]?
    let dependencies: [[String: Reference]]
    let settings: [Setting]
  }
  /// `{"product": ["FusionCore", "FusionKit", null, null]}`, `{"byName": ["Helpers", null]}`.
  struct Reference: Decodable {
    let name: String
    init(from decoder: any Swift.Decoder) throws {
      var container = try decoder.unkeyedContainer()
      name = try container.decode(String.self)
    }
  }
  struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  let name: String
  let products: [Product]
  let targets: [Target]
  let toolsVersion: ToolsVersion

  /// Targets with all they depend on inside of the package, dependencies first.
  ///
  /// - Throws: ``UsageError`` where they want more than the core.
  func closure(of names: [String], in folder: String) throws -> [PluginPackage.Target] {
    var found: [PluginPackage.Target] = []
    var visited: Set<String> = []
    func visit(_ name: String) throws {
      guard visited.insert(name).inserted, let target = targets.first(where: { $0.name == name }) else { return }
      guard target.type == "regular" else {
        throw UsageError("the target '\(name)' is of type \(target.type): a plugin is a target of Swift sources")
      }
      for (kind, reference) in target.dependencies.flatMap({ $0.map { ($0.key, $0.value) } }) {
        if kind != "product", targets.contains(where: { $0.name == reference.name }) {
          try visit(reference.name)
        } else if !PluginPackage.core.contains(reference.name) {
          throw UsageError(
            "the target '\(name)' depends on '\(reference.name)': a plugin's library is built of Swift targets of its "
              + "own package, FusionCore, FusionComponents and FusionData\n  other packages and C targets would have to be linked into it by hand"
          )
        }
      }
      found.append(try compiled(target, in: folder))
    }
    for name in names { try visit(name) }
    return found
  }

  private func compiled(_ target: Target, in folder: String) throws -> PluginPackage.Target {
    let root = "\(folder)/\(target.path ?? "Sources/\(target.name)")"
    let all = (FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []).sorted()
    func lies(_ file: String, below places: [String]) -> Bool {
      places.contains { file == $0 || file.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }
    }
    let files = all.filter { file in
      file.hasSuffix(".swift") && !lies(file, below: target.exclude)
        && (target.sources.map { lies(file, below: $0) } ?? true)
    }
    guard !files.isEmpty else { throw UsageError("there are no Swift sources in \(root)") }
    return PluginPackage.Target(
      name: target.name, sources: files.map { "\(root)/\($0)" }, flags: try flags(target))
  }

  private func flags(_ target: Target) throws -> [String] {
    let major = Int(toolsVersion._version.prefix { $0.isNumber }) ?? 5
    var flags: [String] = []
    var mode = major >= 6 ? "6" : "5"
    for setting in target.settings where setting.tool == "swift" {
      for (kind, value) in setting.kind {
        switch kind {
        case "enableUpcomingFeature": flags += value.words.flatMap { ["-enable-upcoming-feature", $0] }
        case "enableExperimentalFeature": flags += value.words.flatMap { ["-enable-experimental-feature", $0] }
        case "define": flags += value.words.map { "-D\($0)" }
        case "unsafeFlags": flags += value.words
        case "swiftLanguageMode": mode = value.words.first ?? mode
        default:
          throw UsageError("the target '\(target.name)' has a setting that plugin build does not know: \(kind)")
        }
      }
    }
    return ["-swift-version", mode] + flags
  }
}
