import CSndFile
import FusionCore

/// A recording, read with libsndfile.
public struct Wav: Sendable {
  /// Samples a second.
  public let sampleRate: Int
  /// The number of channels, interleaved in ``samples``.
  public let channels: Int
  /// Values from -1 to 1.
  public let samples: [Float]

  /// Reads a RIFF WAVE file whole.
  ///
  /// libsndfile forgives files that were cut off; the sizes in the header are compared with the file's first.
  public init(opening path: String) throws(DataError) {
    let store = try ByteStore(mapping: path)
    let dataBytes = try Self.checkedDataSize(store.bytes, path: path)
    var info = SF_INFO()
    guard let file = sf_open(path, Int32(SFM_READ), &info) else {
      throw DataError(path, "cannot be read: \(String(cString: sf_strerror(nil)))")
    }
    defer { sf_close(file) }
    // Even packed formats have no more than a few samples a byte.
    guard info.channels > 0, info.frames > 0, let count = checkedProduct([Int(info.frames), Int(info.channels)]),
      count <= dataBytes * 8
    else {
      throw DataError(
        path, "announces \(info.frames) frames of \(info.channels) channels in \(counted(dataBytes, "byte"))")
    }
    var read: sf_count_t = 0
    samples = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      read = sf_readf_float(file, buffer.baseAddress!, info.frames)
      initialized = Int(max(0, read)) * Int(info.channels)
    }
    guard read == info.frames else {
      throw DataError(path, "is truncated: \(read) frames", expected: "\(info.frames), as its header announces")
    }
    guard samples.allSatisfy(\.isFinite) else { throw DataError(path, "holds a sample that is not a finite number") }
    sampleRate = Int(info.samplerate)
    channels = Int(info.channels)
  }

  /// Walks over the chunks; the size of the one called `data`.
  private static func checkedDataSize(_ bytes: UnsafeRawBufferPointer, path: String) throws(DataError) -> Int {
    func word(_ offset: Int) -> Int {
      Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
    func tag(_ offset: Int) -> String { String(decoding: bytes[offset..<offset + 4], as: UTF8.self) }
    guard bytes.count >= 12, tag(0) == "RIFF", tag(8) == "WAVE" else {
      throw DataError(path, "is not a WAV file: it does not start with RIFF and WAVE")
    }
    // A last byte of padding may be missing.
    guard word(4) + 8 <= bytes.count + 1 else {
      throw DataError(
        path, "is truncated: \(counted(bytes.count, "byte"))",
        expected: "\(counted(word(4) + 8, "byte")), as its header announces")
    }
    var offset = 12
    while offset + 8 <= bytes.count {
      let size = word(offset + 4)
      guard size <= bytes.count - offset - 8 else {
        throw DataError(
          path, "is truncated within its chunk '\(tag(offset))'",
          expected: "\(counted(size, "byte")), \(counted(bytes.count - offset - 8, "byte")) are left")
      }
      if tag(offset) == "data" {
        guard size > 0 else { throw DataError(path, "holds no sound") }
        return size
      }
      offset += 8 + size + size % 2
    }
    throw DataError(path, "is truncated: it has no chunk 'data'")
  }
}
