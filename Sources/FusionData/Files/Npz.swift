import CLibZip
import FusionCore

/// NumPy's archives of arrays: a zip file of npy files, stored or deflated. Arrays are unpacked into memory.
public struct Npz: Sendable {
  /// The file.
  public let path: String
  /// The arrays' names, as `numpy.savez` was given them.
  public let names: [String]
  /// Where each of them stands in the archive.
  private let places: [String: Int]

  /// Reads the list of arrays.
  public init(opening path: String) throws(DataError) {
    // For the errors of plain files, and to keep pipes and folders from libzip.
    _ = try ByteStore(mapping: path)
    let archive = try Self.openArchive(path)
    defer { zip_discard(archive) }
    let count = zip_get_num_entries(archive, 0)
    var names: [String] = []
    var places: [String: Int] = [:]
    for index in 0..<max(0, count) {
      guard let name = zip_get_name(archive, zip_uint64_t(index), 0).map({ String(cString: $0) }),
        name.hasSuffix(".npy")
      else { continue }
      let member = String(name.dropLast(4))
      guard places.updateValue(Int(index), forKey: member) == nil else {
        throw DataError(
          path, "holds two arrays called '\(member.excerpt())'", expected: "a name for each; write the archive again")
      }
      names.append(member)
    }
    guard !names.isEmpty else {
      throw DataError(path, "holds no array", expected: "an archive written by numpy.savez")
    }
    self.path = path
    self.names = names
    self.places = places
  }

  /// Unpacks the array of this name.
  public func array(_ name: String) throws(DataError) -> StoredArray {
    let archive = try Self.openArchive(path)
    defer { zip_discard(archive) }
    return try Npy.parse(unpacked(name, archive), source: source(name))
  }

  /// Unpacks one npy file after the other, and hands it to `body`; the archive is opened once.
  ///
  /// - Throws: ``DataError`` of all files that cannot be unpacked, and of `body`.
  func mapMembers<Result>(
    _ body: (_ name: String, _ store: ByteStore, _ source: String) throws(DataError) -> Result
  ) throws(DataError) -> [Result] {
    let archive = try Self.openArchive(path)
    defer { zip_discard(archive) }
    return try names.mapGathering { name throws(DataError) in
      try body(name, unpacked(name, archive), source(name))
    }
  }

  /// The text of the array of this name; nil where it holds something else.
  func text(_ name: String) throws(DataError) -> [String]? {
    let archive = try Self.openArchive(path)
    defer { zip_discard(archive) }
    return try Npy.text(in: unpacked(name, archive), source: source(name))
  }

  private func source(_ name: String) -> String { "\(path):\(name.excerpt())" }

  /// The npy file of this name, in memory.
  private func unpacked(_ name: String, _ archive: OpaquePointer) throws(DataError) -> ByteStore {
    let source = source(name)
    guard let place = places[name].map({ zip_uint64_t($0) }) else {
      let nearest = nearestSpelling(of: name, among: names).map { ": did you mean '\($0.excerpt())'?" } ?? ""
      throw DataError(path, "holds no array '\(name.excerpt())'\(nearest)", expected: names.listed())
    }
    var status = zip_stat_t()
    guard zip_stat_index(archive, place, 0, &status) == 0, let size = Int(exactly: status.size),
      size / deflateLimit <= Int(clamping: status.comp_size)
    else { throw DataError(source, "announces an absurd size: \(status.size) bytes from \(status.comp_size)") }
    guard let file = zip_fopen_index(archive, place, 0) else {
      throw DataError(source, "cannot be unpacked: \(String(cString: zip_strerror(archive)))")
    }
    defer { zip_fclose(file) }
    return try ByteStore(path: source, owning: size) { memory throws(DataError) in
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
