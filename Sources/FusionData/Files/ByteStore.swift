import Foundation

/// The bytes of a file, mapped into memory or, where they had to be unpacked or converted, owned.
///
/// `@unchecked Sendable`: all properties are constants, and the memory behind `bytes` is written only inside the
/// initialiser, before anyone else can see it; mappings are private and read-only.
public final class ByteStore: @unchecked Sendable {
  /// The file, for messages.
  public let path: String
  /// All bytes. Valid as long as this object lives.
  public let bytes: UnsafeRawBufferPointer
  private let descriptor: Int32

  /// Maps a file.
  ///
  /// - Throws: ``DataError`` where there is no regular file, or the system refuses.
  public init(mapping path: String) throws(DataError) {
    // Not blocking: opening a named pipe must not hang.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw errno == ENOENT
        ? DataError(path, "there is no such file") : .system(path, "cannot be opened")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw DataError(path, "is not a regular file", expected: "a file, not a folder or a device")
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      close(descriptor)
      throw DataError(path, "the file is empty (0 bytes)")
    }
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      let code = errno
      close(descriptor)
      throw .system(path, "cannot be mapped into memory", code: code)
    }
    self.path = path
    self.descriptor = descriptor
    bytes = UnsafeRawBufferPointer(start: base, count: size)
  }

  /// Owned memory of a size that has been checked against the file, filled by `fill`.
  init(
    path: String, owning count: Int, fill: (UnsafeMutableRawBufferPointer) throws(DataError) -> Void
  ) throws(DataError) {
    guard let base = malloc(max(count, 1)) else {
      throw DataError(path, "there is no memory for its \(counted(count, "byte"))")
    }
    self.path = path
    descriptor = -1
    bytes = UnsafeRawBufferPointer(start: base, count: count)
    try fill(UnsafeMutableRawBufferPointer(start: base, count: count))
  }

  /// Memory from `malloc` that nobody else writes to or frees.
  init(path: String, adopting memory: UnsafeMutableRawPointer, count: Int) {
    self.path = path
    descriptor = -1
    bytes = UnsafeRawBufferPointer(start: memory, count: count)
  }

  deinit {
    if descriptor >= 0 {
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count)
      close(descriptor)
    } else {
      free(UnsafeMutableRawPointer(mutating: bytes.baseAddress!))
    }
  }

  /// Makes sure that the mapped file has kept its size: touching pages beyond its end would kill the process.
  public func checkSize() throws(DataError) {
    guard descriptor >= 0 else { return }
    var status = stat()
    guard fstat(descriptor, &status) == 0, Int(status.st_size) >= bytes.count else {
      throw DataError(
        path, "the file was shortened while it was being read", expected: counted(bytes.count, "byte") + ", as at first"
      )
    }
  }
}
