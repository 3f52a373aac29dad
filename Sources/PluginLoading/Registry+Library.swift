import CFusionABI
import Foundation
import FusionCore

extension Registry {
  /// Loads a library and registers its plugins, all of them or none.
  ///
  /// First the file is read, then it is loaded, then it says in C what it was built with; only if that is what this
  /// program was built with does it name its plugins. A library that is loaded stays so: its types may be in use. One
  /// that the registry holds already is left alone.
  ///
  /// - Parameter path: a file; folders are never searched.
  /// - Throws: ``PluginError``; the registry is unchanged then.
  public mutating func load(library path: String) throws(PluginError) {
    guard
      let canonical = realpath(path, nil).map({ pointer in
        defer { free(pointer) }
        return String(cString: pointer)
      })
    else {
      throw PluginError(path, errno == ENOENT ? "there is no such file" : String(cString: strerror(errno)))
    }
    guard !libraries.contains(canonical) else { return }
    try Library.check(canonical, calledAs: path)
    let library = try Library(canonical, calledAs: path)
    let types = try library.offeredTypes()
    do throws(RegistryError) {
      try register(types, library: canonical)
    } catch {
      throw PluginError(path, error.description)
    }
  }
}

/// A library in this process.
private struct Library {
  private static let symbol = "fusionkit_plugin"
  private static let marker = "fusionkit_core_marker"

  /// As the user named it.
  private let path: String
  private let handshake: UnsafePointer<fusionkit_plugin_handshake>

  /// Refuses, by reading, what is no library, no plugin, or holds a core of its own.
  static func check(_ canonical: String, calledAs path: String) throws(PluginError) {
    var status = stat()
    guard stat(canonical, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw PluginError(path, "it is not a file", advice: "a library is named by its path; folders are not searched")
    }
    #if os(Linux)
      let bytes: Data
      do { bytes = try Data(contentsOf: URL(fileURLWithPath: canonical), options: .mappedIfSafe) } catch {
        throw PluginError(path, "it cannot be read")
      }
      let file: LibraryFile
      do throws(LibraryFile.Defect) { file = try LibraryFile(bytes) } catch {
        throw PluginError(path, error.words, advice: "fusionkit plugin build PACKAGE makes a library of a package")
      }
      // A loader maps and runs whatever lies between the headers.
      let seal = LibrarySeal.state(of: bytes)
      guard seal == .intact || (seal == .absent && !file.defined.contains(LibrarySeal.symbol)) else {
        throw damaged(path)
      }
      guard !file.defined.contains(marker) else {
        throw PluginError(
          path, "it holds a core of its own, whose types this program does not know",
          advice: "link only the plugin's own objects: fusionkit plugin build PACKAGE does")
      }
      guard file.defined.contains(symbol) else {
        throw PluginError(
          path, "it is no plugin of FusionKit: it has no symbol '\(symbol)'",
          advice: "fusionkit plugin build PACKAGE makes one")
      }
    #endif
  }

  private static func damaged(_ path: String) -> PluginError {
    PluginError(
      path, "it is damaged, or was changed after it was built: its bytes are not those of its checksum",
      advice: .buildAgain)
  }

  /// Loads a library and compares what it says in C with what this program was built with.
  init(_ canonical: String, calledAs path: String) throws(PluginError) {
    self.path = path
    // Everything is bound at once: what is missing is told here, not in the middle of a run. The handle is never closed.
    guard let handle = dlopen(canonical, RTLD_NOW | RTLD_LOCAL) else { throw Self.loadError(path) }
    guard let address = dlsym(handle, Self.symbol) else {
      throw PluginError(path, "it is no plugin of FusionKit: it has no symbol '\(Self.symbol)'")
    }
    guard let handshake = unsafeBitCast(address, to: fusionkit_plugin_function.self)() else {
      throw PluginError(path, "it says nothing about what it was built with", advice: .buildAgain)
    }
    self.handshake = handshake
    try agree()
  }

  private func agree() throws(PluginError) {
    let abi = handshake.pointee.abi
    guard abi == FUSIONKIT_PLUGIN_ABI else {
      throw PluginError(
        path, "it speaks version \(abi) of the plugin interface, this program version \(FUSIONKIT_PLUGIN_ABI)",
        advice: .buildAgain)
    }
    func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "nothing" }
    let compilers = (text(handshake.pointee.compiler), String(cString: fusionkit_compiler()))
    guard compilers.0 == compilers.1 else {
      throw PluginError(
        path, "it was built by another compiler\n  it:           \(compilers.0)\n  this program: \(compilers.1)",
        advice: .buildAgain)
    }
    let cores = (text(handshake.pointee.core), "\(PluginOffer.coreFingerprint)")
    guard cores.0 == cores.1 else {
      throw PluginError(
        path, "it was built against another core\n  it:           \(cores.0.prefix(64))\n  this program: \(cores.1)",
        advice: .buildAgain)
    }
    if let data = handshake.pointee.data {
      let modules = (String(cString: data), Self.dataFingerprint)
      guard modules.0 == modules.1 else {
        throw PluginError(
          path,
          "it was built against another version of FusionData\n  it:           \(modules.0.prefix(64))\n"
            + "  this program: \(modules.1)",
          advice: .buildAgain)
      }
    }
    guard handshake.pointee.marker == fusionkit_marker_address() else {
      throw PluginError(
        path, "it holds a core of its own, whose types this program does not know",
        advice: "link only the plugin's own objects: fusionkit plugin build PACKAGE does")
    }
  }

  /// That of this program's FusionData, a module above this one: found by its symbol.
  private static var dataFingerprint: String {
    guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "fusionkit_data_fingerprint") else { return "nothing" }
    return String(cString: unsafeBitCast(symbol, to: (@convention(c) () -> UnsafePointer<CChar>).self)())
  }

  /// The plugins: from here on, Swift values cross.
  func offeredTypes() throws(PluginError) -> [any Component.Type] {
    var offer = PluginOffer()
    withUnsafeMutablePointer(to: &offer) { handshake.pointee.offer?($0) }
    guard !offer.types.isEmpty else { throw PluginError(path, "it offers no plugins") }
    for type in offer.types {
      guard type.kind.isProtocol(of: type) else {
        throw PluginError(
          path, "its '\(type.name)' claims to be \(type.kind.withArticle) and is none",
          advice: "a library offers types that conform to a protocol of FusionCore, such as Fusion or Encoder")
      }
    }
    return offer.types
  }

  private static func loadError(_ path: String) -> PluginError {
    var words = dlerror().map { String(cString: $0) } ?? "the system does not tell why"
    // The loader begins with the path, which the message has said.
    if let colon = words.firstRange(of: ": "), words[..<colon.lowerBound].contains("/") {
      words = String(words[colon.upperBound...])
    }
    guard let symbol = words.firstRange(of: "undefined symbol: ").map({ String(words[$0.upperBound...]) }) else {
      return PluginError(path, "it cannot be loaded: \(words)")
    }
    return PluginError(
      path, "it wants '\(symbol)', which this program has not: it was built against another core, or lacks a library",
      advice: .buildAgain)
  }
}
