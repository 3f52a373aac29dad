import Foundation
import Synchronization

/// A file that appears whole or not at all.
///
/// Bytes gather in a temporary file in the same folder; ``commit()`` flushes them to the disk and renames. Until then,
/// and after any error, what was at the path before is untouched. Devices such as `/dev/stdout` are written directly.
///
/// The temporary file is locked as long as it is written: what a process that was killed leaves has no lock, and
/// ``AbandonedFiles`` takes it away.
public final class AtomicFile {
  /// Where the file will be.
  public let path: String
  private let target: String
  private let temporary: String?
  private var descriptor: Int32
  private var isCommitted = false
  private var pending: [UInt8] = []

  private static let serial = Atomic<Int>(0)
  private static let blockSize = 1 << 20

  /// What happens to a symbolic link at the path.
  public enum Links: Sendable {
    /// It stays a link: what it points to is replaced, as for a file that a person names.
    case followed
    /// The link itself is replaced, and what it points to is left alone, as for files of a folder that is ours.
    case replaced
  }

  /// Opens the temporary file. A folder that does not exist is an error: see ``makeFolder(_:)``.
  public convenience init(_ path: String, links: Links = .followed) throws(DataError) {
    try self.init(path, links: links, temporary: nil)
  }

  /// `temporary` is for tests of full disks.
  package init(_ path: String, links: Links = .followed, temporary forced: String?) throws(DataError) {
    self.path = path
    var status = stat()
    let exists: Bool
    switch links {
    case .followed:
      let resolved = realpath(path, nil)
      target = resolved.map { String(cString: $0) } ?? path
      free(resolved)
      exists = stat(target, &status) == 0
    case .replaced:
      target = path
      // A link to a folder cannot be meant to be one of our files, but it is a link all the same.
      exists = lstat(target, &status) == 0 && status.st_mode & S_IFMT != S_IFLNK
    }
    if exists, status.st_mode & S_IFMT == S_IFDIR {
      throw DataError(path, "is a folder", expected: "the path of a file")
    }
    if links == .followed, exists, status.st_mode & S_IFMT != S_IFREG {
      temporary = nil
      descriptor = open(target, O_WRONLY | O_CLOEXEC)
    } else {
      let mode = exists ? status.st_mode & 0o777 : 0o666
      if let forced {
        temporary = forced
        descriptor = UnfinishedFiles.making(file: forced) { open(forced, O_WRONLY | O_CLOEXEC | O_CREAT, mode) }
      } else {
        (temporary, descriptor) = Self.openTemporary(for: target, mode: mode)
      }
    }
    guard descriptor >= 0 else { throw .system(path, "cannot be written") }
    pending.reserveCapacity(Self.blockSize)
  }

  /// A temporary file with a lock on it; a descriptor below 0 where the system refuses.
  private static func openTemporary(for target: String, mode: mode_t) -> (path: String, descriptor: Int32) {
    // What killed processes have left that wrote this very file.
    AbandonedFiles.remove(in: target.folderAbove, of: target.split(separator: "/").last.map { String($0) })
    while true {
      let number = serial.wrappingAdd(1, ordering: .relaxed).newValue
      let name = "\(target).partial-\(getpid())-\(number)"
      let descriptor = UnfinishedFiles.making(file: name) {
        open(name, O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, mode)
      }
      // Left by a process of the same number, as in a container, where numbers are always the same.
      if descriptor < 0, errno == EEXIST { continue }
      if descriptor < 0 || AbandonedFiles.lock(descriptor) { return (name, descriptor) }
      // Someone who cleans up was faster.
      UnfinishedFiles.remove(name)
      close(descriptor)
    }
  }

  /// Appends bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    if pending.count + bytes.count > Self.blockSize { try flush() }
    if bytes.count < Self.blockSize {
      pending.append(contentsOf: bytes)
    } else {
      try writeNow(bytes)
    }
  }

  /// Appends text as UTF-8.
  public func write(_ text: String) throws(DataError) {
    try write(Array(text.utf8))
  }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws(DataError) {
    // `withUnsafeBytes` rethrows untyped; the result carries the typed error out.
    try bytes.withUnsafeBytes { raw in Result { () throws(DataError) in try write(raw) } }.get()
  }

  private func flush() throws(DataError) {
    let block = pending
    pending.removeAll(keepingCapacity: true)
    try block.withUnsafeBytes { raw in Result { () throws(DataError) in try writeNow(raw) } }.get()
  }

  private func writeNow(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    var done = 0
    while done < bytes.count {
      let written = systemWrite(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if written < 0 {
        if errno == EINTR { continue }
        throw failed("cannot be written")
      }
      done += written
    }
  }

  /// Brings everything to the disk, so that only a rename is left to ``commit()``: of files that belong together, none
  /// is to take its place before all of them are known to fit.
  public func complete() throws(DataError) {
    try flush()
    if temporary != nil, fsync(descriptor) != 0 { throw failed("cannot be flushed to the disk") }
  }

  /// Puts the file in its place: flushed to the disk, then renamed.
  public func commit() throws(DataError) {
    try complete()
    guard temporary != nil else {
      let closed = close(descriptor)
      descriptor = -1
      if closed != 0 { throw .system(path, "cannot be written") }
      return
    }
    // Closed after the rename: with the descriptor goes the lock that tells others that the file is no abandoned one.
    guard rename(temporary!, target) == 0 else { throw failed("cannot be put in its place") }
    isCommitted = true
    UnfinishedFiles.remove(temporary!)
    close(descriptor)
    descriptor = -1
    // The new name itself has to reach the disk too; where a file system cannot, the file is still whole.
    let folder = open(target.folderAbove, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  private func failed(_ action: String) -> DataError {
    let error = DataError.system(path, action)
    discard()
    return error
  }

  private func discard() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    guard let temporary, !isCommitted else { return }
    unlink(temporary)
    UnfinishedFiles.remove(temporary)
  }

  deinit { discard() }

  /// Writes a whole file at once.
  public static func write(_ text: String, to path: String, links: Links = .followed) throws(DataError) {
    let file = try AtomicFile(path, links: links)
    try file.write(text)
    try file.commit()
  }

  /// Writes a whole file at once.
  public static func write(_ bytes: [UInt8], to path: String) throws(DataError) {
    let file = try AtomicFile(path)
    try file.write(bytes)
    try file.commit()
  }

  /// Makes a folder and those above it, where they are missing.
  public static func makeFolder(_ path: String) throws(DataError) {
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw DataError(path, "is a file", expected: "a folder, or a path where one can be made")
      }
      return
    }
    let parent = path.folderAbove
    if parent != path { try makeFolder(parent) }
    // Another process may have been faster.
    if UnfinishedFiles.making(folder: path, { mkdir(path, 0o777) }) != 0 {
      let code = errno
      // Only a link that leads nowhere is there and cannot be looked at.
      if code == EEXIST, stat(path, &status) != 0, lstat(path, &status) == 0 {
        throw DataError(path, "is a link that leads nowhere", expected: "a folder, or a path where one can be made")
      }
      if code != EEXIST { throw .system(path, "the folder cannot be made", code: code) }
    }
  }
}

extension String {
  /// The folder that a path lies in: "." for a bare name. By hand, because Foundation's `deletingLastPathComponent` ends
  /// the process for a path of one character (Swift 6.3.1, Linux).
  fileprivate var folderAbove: String {
    let path = self[..<(lastIndex { $0 != "/" }.map { index(after: $0) } ?? endIndex)]
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == startIndex ? "/" : String(path[..<slash])
  }
}

/// The system's `write`, which the methods of the same name would hide.
private func systemWrite(_ descriptor: Int32, _ base: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, base, count)
}
