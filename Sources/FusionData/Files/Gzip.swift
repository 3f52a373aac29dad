import CZlib

/// No deflate stream unpacks to more than 1,032 times its size (zlib's own figure): what claims more is broken or a bomb.
let deflateLimit = 1032

/// gzip'd files, unpacked into memory.
enum Gzip {
  /// The most bytes that are unpacked: the size that a stream tells has 32 bits.
  private static let mostBytes = 1 << 32
  /// zlib counts in 32 bits: pieces of 1 GB at most.
  private static let piece = 1 << 30

  static func isGzip(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b
  }

  /// Unpacks a file of one gzip stream or of several behind each other, as `cat` and `bgzip` make them, at most 4 GB.
  static func unpack(_ store: ByteStore) throws(DataError) -> ByteStore {
    let input = store.bytes
    guard input.count >= 18 else {
      throw DataError(store.path, "is a truncated gzip file: \(counted(input.count, "byte"))")
    }
    let size = try unpackedSize(store)
    return try ByteStore(path: store.path, owning: size) { memory throws(DataError) in
      var produced = 0
      try walk(store) { stream in
        let room = min(size - produced, piece)
        stream.next_out = (memory.baseAddress! + produced).assumingMemoryBound(to: Bytef.self)
        stream.avail_out = uInt(room)
        let status = inflate(&stream, Z_NO_FLUSH)
        produced += room - Int(stream.avail_out)
        return status
      }
    }
  }

  /// The size of what a file unpacks to: that of one stream stands at its end, that of several is found by unpacking them.
  private static func unpackedSize(_ store: ByteStore) throws(DataError) -> Int {
    let input = store.bytes
    let told = Int(UInt32(littleEndian: input.loadUnaligned(fromByteOffset: input.count - 4, as: UInt32.self)))
    guard (1..<input.count - 10).contains(where: { isHeader(input, $0) }) else {
      // The last four bytes of a file that was cut off hold anything.
      guard told <= input.count * deflateLimit else { throw damaged(store) }
      return told
    }
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { block.deallocate() }
    var size = 0
    try walk(store) { stream in
      stream.next_out = block.baseAddress!.assumingMemoryBound(to: Bytef.self)
      stream.avail_out = uInt(block.count)
      let status = inflate(&stream, Z_NO_FLUSH)
      size += block.count - Int(stream.avail_out)
      return size > mostBytes ? Z_DATA_ERROR : status
    }
    return size
  }

  /// Whether a stream begins at a place, or bytes that look so: two of identity, the method, flags, extra flags, the system.
  private static func isHeader(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Bool {
    bytes[at] == 0x1f && bytes[at + 1] == 0x8b && bytes[at + 2] == 8 && bytes[at + 3] & 0xE0 == 0
      && [0, 2, 4].contains(bytes[at + 8]) && (bytes[at + 9] <= 13 || bytes[at + 9] == 255)
  }

  private static func damaged(_ store: ByteStore) -> DataError {
    DataError(store.path, "is a truncated or damaged gzip file", expected: "a whole one; fetch it again")
  }

  /// Goes through all streams of a file; `step` gives each piece of input room and hands it to `inflate`.
  private static func walk(
    _ store: ByteStore, _ step: (inout z_stream) -> Int32
  ) throws(DataError) {
    let input = store.bytes
    var stream = z_stream()
    guard inflateInit2_(&stream, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw DataError(store.path, "cannot be unpacked: there is no memory for zlib")
    }
    defer { inflateEnd(&stream) }
    var consumed = 0
    while true {
      var status = Z_OK
      while status == Z_OK {
        let length = min(input.count - consumed, piece)
        stream.next_in = UnsafeMutablePointer(
          mutating: (input.baseAddress! + consumed).assumingMemoryBound(to: Bytef.self))
        stream.avail_in = uInt(length)
        status = step(&stream)
        consumed += length - Int(stream.avail_in)
      }
      // A stream's own checksum and size were compared by zlib.
      guard status == Z_STREAM_END else { throw damaged(store) }
      let rest = UnsafeRawBufferPointer(rebasing: input[consumed...])
      if rest.isEmpty { return }
      guard isGzip(rest) else {
        throw DataError(store.path, "holds \(counted(rest.count, "byte")) after its gzip stream")
      }
      guard inflateReset(&stream) == Z_OK else { throw damaged(store) }
    }
  }
}
