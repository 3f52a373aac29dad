import CZlib

/// No deflate stream unpacks to more than 1,032 times its size (zlib's own figure): what claims more is broken or a bomb.
let deflateLimit = 1032

/// gzip'd files, unpacked into memory.
enum Gzip {
  static func isGzip(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b
  }

  /// Unpacks a file of one gzip stream, at most 4 GB.
  static func unpack(_ store: ByteStore) throws(DataError) -> ByteStore {
    let input = store.bytes
    guard input.count >= 18 else {
      throw DataError(store.path, "is a truncated gzip file: \(counted(input.count, "byte"))")
    }
    // The last four bytes hold the unpacked size; those of a file that was cut off hold anything.
    let size = Int(UInt32(littleEndian: input.loadUnaligned(fromByteOffset: input.count - 4, as: UInt32.self)))
    let damaged = DataError(store.path, "is a truncated or damaged gzip file", expected: "a whole one; fetch it again")
    guard size <= input.count * deflateLimit else { throw damaged }
    return try ByteStore(path: store.path, owning: size) { memory throws(DataError) in
      var stream = z_stream()
      let version = ZLIB_VERSION
      guard inflateInit2_(&stream, 16 + MAX_WBITS, version, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
        throw DataError(store.path, "cannot be unpacked: there is no memory for zlib")
      }
      defer { inflateEnd(&stream) }
      var consumed = 0
      var produced = 0
      var status = Z_OK
      // zlib counts in 32 bits: pieces of 1 GB at most.
      while status == Z_OK {
        let inputPiece = min(input.count - consumed, 1 << 30)
        let outputPiece = min(size - produced, 1 << 30)
        stream.next_in = UnsafeMutablePointer(
          mutating: (input.baseAddress! + consumed).assumingMemoryBound(to: Bytef.self))
        stream.avail_in = uInt(inputPiece)
        stream.next_out = (memory.baseAddress! + produced).assumingMemoryBound(to: Bytef.self)
        stream.avail_out = uInt(outputPiece)
        status = inflate(&stream, Z_NO_FLUSH)
        consumed += inputPiece - Int(stream.avail_in)
        produced += outputPiece - Int(stream.avail_out)
      }
      guard status == Z_STREAM_END, produced == size else { throw damaged }
      guard consumed == input.count else {
        throw DataError(store.path, "holds \(counted(input.count - consumed, "byte")) after its gzip stream")
      }
    }
  }
}
