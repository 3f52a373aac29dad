import CLibZip
import FusionCore

/// NumPy's archives of arrays: a zip file of npy files, stored or deflated. Arrays are unpacked into memory.
public struct Npz: Sendable {
  /// The file.
  public let path: String
  /// The arrays' names, as `numpy.savez` was given them.
  public let names: [String]

  /// Reads the list of arrays.
  public init(opening path: String) throws(DataError) {
    // For the errors of plain files, and to keep pipes and folders from libzip.
    _ = try ByteStore(mapping: path)
    let archive = try Self.openArchive(path)
    defer { zip_discard(archive) }
    let count = zip_get_num_entries(archive, 0)
    names = (0..<count).compactMap { index in
      guard let name = zip_get_name(archive, zip_uint64_t(index), 0).map({ String(cString: $0) }) else { return nil }
      return name.hasSuffix(".npy") ? String(name.dropLast(4)) : nil
    }
    guard !names.isEmpty else {
      throw DataError(path, "holds no array", expected: "an archive written by numpy.savez")
    }
    self.path = path
  }

  /// Unpacks the array of this name.
  public func array(_ name: String) throws(DataError) -> StoredArray {
    let source = "\(path):\(name)"
    guard names.contains(name) else {
      throw DataError(path, "holds no array '\(name)'", expected: names.joined(separator: ", "))
    }
    let archive = try Self.openArchive(path)
    defer { zip_discard(archive) }
    var status = zip_stat_t()
    guard zip_stat(archive, "\(name).npy", 0, &status) == 0, let size = Int(exactly: status.size),
      size / deflateLimit <= Int(clamping: status.comp_size)
    else { throw DataError(source, "announces an absurd size: \(status.size) bytes from \(status.comp_size)") }
    guard let file = zip_fopen(archive, "\(name).npy", 0) else {
      throw DataError(source, "cannot be unpacked: \(String(cString: zip_strerror(archive)))")
    }
    defer { zip_fclose(file) }
    let store = try ByteStore(path: source, owning: size) { memory throws(DataError) in
      var done = 0
      // One read beyond the end lets libzip compare the checksum.
      var spare: UInt8 = 0
      while true {
        let read =
          done < size
          ? zip_fread(file, memory.baseAddress! + done, zip_uint64_t(size - done)) : zip_fread(file, &spare, 1)
        guard read >= 0 else {
          throw DataError(source, "cannot be unpacked: \(String(cString: zip_file_strerror(file)))")
        }
        if read == 0 { break }
        done += Int(read)
        guard done <= size else {
          throw DataError(source, "unpacks to more than the \(counted(size, "byte")) announced")
        }
      }
      guard done == size else {
        throw DataError(source, "is truncated: it unpacks to \(counted(done, "byte"))", expected: counted(size, "byte"))
      }
    }
    return try Npy.parse(store, source: source)
  }

  private static func openArchive(_ path: String) throws(DataError) -> OpaquePointer {
    // libzip would wait at a named pipe for somebody to write.
    do throws(RegularFile.Refusal) { try RegularFile.check(path) } catch {
      throw DataError(path, error.words)
    }
    var code: Int32 = 0
    if let archive = zip_open(path, ZIP_RDONLY, &code) { return archive }
    var error = zip_error_t()
    zip_error_init_with_code(&error, code)
    defer { zip_error_fini(&error) }
    throw DataError(
      path, "is not an npz archive, or is truncated: \(String(cString: zip_error_strerror(&error)))",
      expected: "an archive written by numpy.savez")
  }
}
