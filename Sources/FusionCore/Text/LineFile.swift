import Foundation

/// A text file in a run's folder that gets a line now and then: what a log of a ``Callback`` is made of.
///
/// Lines are added whole or not at all, and are in the file when ``append(_:)`` returns. A symbolic link in the file's place is
/// replaced, not followed.
public final class LineFile {
  /// Where it lies.
  public let path: String

  /// A file of a folder; nothing is opened yet.
  public init(_ name: String, in folder: String) { path = folder + "/" + name }

  /// Replaces the file by these lines, as one: whoever is killed leaves the old file or the new one.
  ///
  /// - Throws: ``LineFileError``.
  public func begin(_ lines: [String] = []) throws(LineFileError) {
    let new = "\(path).partial-\(getpid())"
    unlink(new)
    let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw LineFileError(path) }
    let isWritten = Self.write(lines, to: descriptor) && fsync(descriptor) == 0
    let error = LineFileError(path)
    close(descriptor)
    guard isWritten else {
      unlink(new)
      throw error
    }
    guard rename(new, path) == 0 else {
      let error = LineFileError(path)
      unlink(new)
      throw error
    }
  }

  /// The lines that the file holds; a last one that was cut off is left out. Empty where there is no file.
  ///
  /// - Throws: ``LineFileError``.
  public func lines() throws(LineFileError) -> [String] {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ELOOP { return [] }
      throw LineFileError(path)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count >= 0 else { throw LineFileError(path) }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    let whole = bytes.lastIndex(of: 10).map { bytes[..<$0] } ?? []
    return whole.isEmpty
      ? [] : whole.split(separator: 10, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Adds lines, all of them or none.
  ///
  /// - Throws: ``LineFileError``.
  public func append(_ lines: [String]) throws(LineFileError) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o666)
    guard descriptor >= 0 else { throw LineFileError(path) }
    defer { close(descriptor) }
    let before = lseek(descriptor, 0, SEEK_END)
    guard !Self.write(lines, to: descriptor) else { return }
    let error = LineFileError(path)
    if before >= 0 { _ = ftruncate(descriptor, before) }
    throw error
  }

  private static func write(_ lines: [String], to descriptor: Int32) -> Bool {
    var rest = Array(lines.map { $0 + "\n" }.joined().utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress!, $0.count) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

/// Why a ``LineFile`` could not be read or written.
public struct LineFileError: Error, CustomStringConvertible, Equatable {
  /// The file.
  public let path: String
  /// What the system says.
  public let reason: String

  /// With what the system said last.
  init(_ path: String) { (self.path, reason) = (path, String(cString: strerror(errno))) }

  /// `outputs/a/log.jsonl: No space left on device`.
  public var description: String { "\(path): \(reason)" }
}
