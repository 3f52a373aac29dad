// Digests come with the files that they are of.
@_exported import Checksums

extension SHA256 {
  /// The digest of a file.
  public static func of(file path: String) throws(DataError) -> String {
    let store = try ByteStore(mapping: path)
    return try store.reading { () throws(DataError) in of(store.bytes) }
  }
}
