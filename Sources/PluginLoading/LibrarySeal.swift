import Checksums
import Foundation

/// The checksum that `plugin build` puts behind the last byte of a library, where no loader looks: it goes wherever the
/// library is copied to.
public enum LibrarySeal {
  /// What a library says of itself.
  enum State: Equatable {
    /// It has none: built by hand, or stripped.
    case absent
    /// Its bytes are those that were sealed.
    case intact
    /// They are not.
    case broken
  }

  /// Defined by libraries that get a checksum: without it they are not whole.
  public static let symbol = "fusionkit_plugin_sealed"
  private static let mark = Array("\nfusionkit-sha256:".utf8)
  private static let length = mark.count + 64

  /// Puts a checksum behind a library's bytes.
  public static func seal(_ bytes: Data) -> Data { bytes + mark + Array(SHA256.of(bytes).utf8) }

  static func state(of bytes: Data) -> State {
    guard bytes.count > length else { return .absent }
    let tail = bytes.suffix(length)
    guard tail.prefix(mark.count).elementsEqual(mark) else { return .absent }
    return tail.dropFirst(mark.count).elementsEqual(SHA256.of(bytes.dropLast(length)).utf8) ? .intact : .broken
  }

  /// Whether a library has a checksum, right or wrong; true where it cannot be read, which loading tells.
  public static func isPresent(in path: String) -> Bool {
    (try? Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)).map { state(of: $0) != .absent } ?? true
  }
}
