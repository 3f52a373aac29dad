import Foundation
import FusionCore

/// An array of floats that is written once, from its first value to its last, and then read: in memory, or in a
/// temporary file that is gone with the array, however the process ends.
public final class ArrayWriter {
  private enum Target {
    case memory(UnsafeMutableRawPointer)
    case file(descriptor: Int32, path: String)
  }
  private let shape: Shape
  private let source: String
  private let byteCount: Int
  private var target: Target?
  private var written = 0

  /// Memory, or room in a file, for an array of `shape`.
  ///
  /// - Parameters:
  ///   - source: what messages call the array.
  ///   - file: where a file may lie while it is written; nil: in memory.
  /// - Throws: ``DataError`` where there is too little memory or room, or the file cannot be made.
  public init(shape: Shape, source: String, file: String? = nil) throws(DataError) {
    guard let count = checkedProduct(shape + [4]) else {
      throw DataError(source, "would have the absurd shape \(shape)")
    }
    (self.shape, self.source, byteCount) = (shape, source, count)
    if let file {
      try Self.checkRoom(for: count, file, source)
      let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw .system(file, "cannot be made") }
      // As AtomicFile does, so that nobody takes it for a file that a killed process has left.
      _ = AbandonedFiles.lock(descriptor)
      target = .file(descriptor: descriptor, path: file)
    } else {
      guard UInt64(count) <= ProcessInfo.processInfo.physicalMemory, let memory = malloc(max(count, 1)) else {
        throw DataError(source, "there is no memory for \(counted(count, "byte"))")
      }
      target = .memory(memory)
    }
  }

  deinit {
    switch target {
    case .memory(let memory): free(memory)
    case .file(let descriptor, let path):
      close(descriptor)
      unlink(path)
    case nil: break
    }
  }

  /// A full disk is better found before than after hours of work.
  private static func checkRoom(for count: Int, _ file: String, _ source: String) throws(DataError) {
    var status = statvfs()
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    guard statvfs(folder, &status) == 0 else { throw .system(folder, "cannot be looked at") }
    let (room, isHuge) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    guard !isHuge, UInt64(count) > room else { return }
    throw DataError(
      source, "need \(counted(count, "byte")) in \(folder), which has \(counted(Int(clamping: room), "byte")) left")
  }

  /// Writes the next values.
  ///
  /// - Throws: ``DataError`` where the disk is full.
  public func append(_ values: UnsafeBufferPointer<Float>) throws(DataError) {
    let bytes = UnsafeRawBufferPointer(values)
    precondition(bytes.count <= byteCount - written, "\(source): more values than the shape \(shape) holds")
    guard let base = bytes.baseAddress else { return }
    switch target {
    case .memory(let memory): (memory + written).copyMemory(from: base, byteCount: bytes.count)
    case .file(let descriptor, let path):
      var done = 0
      while done < bytes.count {
        let count = write(descriptor, base + done, bytes.count - done)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw .system(path, "cannot be written") }
        done += count
      }
    case nil: preconditionFailure("\(source): written after its end")
    }
    written += bytes.count
  }

  /// The array, once all of its values are written.
  public func finish() throws(DataError) -> StoredArray {
    precondition(written == byteCount, "\(source): \(written) of \(byteCount) bytes were written")
    let store: ByteStore
    switch target {
    case .memory(let memory): store = ByteStore(path: source, adopting: memory, count: byteCount)
    case .file(let descriptor, let path):
      store = try ByteStore(mapping: path)
      close(descriptor)
      // The mapping keeps the bytes; the name is not needed any more.
      unlink(path)
    case nil: preconditionFailure("\(source): finished twice")
    }
    target = nil
    return try StoredArray(source: source, store: store, offset: 0, elementType: .float32, shape: shape)
  }
}
