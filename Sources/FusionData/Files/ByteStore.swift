import CFusionKernels
import Foundation

/// The bytes of a file, mapped into memory or, where they had to be unpacked or converted, owned.
///
/// A mapped file may be shortened by another process while it is read, which ends a process where nothing is done about it:
/// see ``reading(_:)``.
///
/// `@unchecked Sendable`: all properties are constants, and the memory behind `bytes` is written only inside the
/// initialiser, before anyone else can see it; mappings are private and read-only, and their watch is atomic.
public final class ByteStore: @unchecked Sendable {
  /// The file, for messages.
  public let path: String
  /// All bytes. Valid as long as this object lives.
  public let bytes: UnsafeRawBufferPointer
  private let descriptor: Int32
  /// The watch over a mapping; nil where memory is owned.
  private let watch: OpaquePointer?

  /// Maps a file.
  ///
  /// - Throws: ``DataError`` where there is no regular file, or the system refuses.
  public init(mapping path: String) throws(DataError) {
    // Not blocking: opening a named pipe must not hang.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw errno == ENOENT
        ? DataError(path, "there is no such file" + (nearestPath(to: path).map { ": did you mean '\($0)'?" } ?? ""))
        : .system(path, "cannot be opened")
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
    guard let watch = fk_mapping_watch(base, size) else {
      munmap(base, size)
      close(descriptor)
      throw .system(path, "cannot be mapped into memory", code: ENOMEM)
    }
    self.path = path
    self.descriptor = descriptor
    self.watch = watch
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
    watch = nil
    bytes = UnsafeRawBufferPointer(start: base, count: count)
    try fill(UnsafeMutableRawBufferPointer(start: base, count: count))
  }

  /// Memory from `malloc` that nobody else writes to or frees.
  init(path: String, adopting memory: UnsafeMutableRawPointer, count: Int) {
    self.path = path
    descriptor = -1
    watch = nil
    bytes = UnsafeRawBufferPointer(start: memory, count: count)
  }

  deinit {
    if let watch {
      fk_mapping_release(watch)
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count)
      close(descriptor)
    } else {
      free(UnsafeMutableRawPointer(mutating: bytes.baseAddress!))
    }
  }

  /// A few bytes of a mapped file, read without touching the mapping; nil where memory is owned, or they are not there.
  func read(_ range: Range<Int>) -> [UInt8]? {
    guard descriptor >= 0 else { return nil }
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      while count < range.count {
        let got = pread(descriptor, buffer.baseAddress! + count, range.count - count, off_t(range.lowerBound + count))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { return }
        count += got
      }
    }
    return bytes.count == range.count ? bytes : nil
  }

  /// Makes sure that what was read so far lies in the file.
  ///
  /// - Throws: ``DataError`` where the mapped file was shortened, or its disk fails.
  public func checkSize() throws(DataError) {
    guard let watch else { return }
    var status = stat()
    guard fstat(descriptor, &status) == 0, Int(status.st_size) >= bytes.count else {
      throw DataError(
        path, "the file was shortened while it was being read", expected: counted(bytes.count, "byte") + ", as at first"
      )
    }
    guard fk_mapping_is_broken(watch) == 0 else {
      throw DataError(
        path, "could not be read to its end: the file was changed meanwhile, or its disk fails",
        expected: "a file that nobody writes to")
    }
  }

  /// What `body` makes of ``bytes``, which counts only if all of them lay in the file until it was done.
  ///
  /// - Throws: what `body` throws; ``DataError`` where the file was shortened meanwhile, which explains everything else.
  func reading<Result>(_ body: () throws(DataError) -> Result) throws(DataError) -> Result {
    let result: Result
    do {
      result = try body()
    } catch {
      try checkSize()
      throw error
    }
    try checkSize()
    return result
  }
}
