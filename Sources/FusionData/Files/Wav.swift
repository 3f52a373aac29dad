import CSndFile
import Foundation
import FusionCore

/// A recording, read with libsndfile.
public struct Wav: Sendable {
  /// Samples a second.
  public let sampleRate: Int
  /// The number of channels, interleaved in ``samples``.
  public let channels: Int
  /// Values from -1 to 1.
  public let samples: [Float]
  /// Whether the header leaves the sizes open, as that of a recording that was written into a pipe: then it was read to the
  /// end of the file, and nothing tells whether it was cut off.
  public let isPiped: Bool

  /// Reads a RIFF WAVE file whole.
  ///
  /// libsndfile forgives files that were cut off; the sizes in the header are compared with the file's first, and the
  /// format with the size of its samples.
  public init(opening path: String) throws(DataError) {
    let layout = try WavLayout(ByteStore(mapping: path))
    isPiped = layout.isPiped
    var info = SF_INFO()
    guard let file = sf_open(path, Int32(SFM_READ), &info) else {
      throw DataError(path, "cannot be read: \(String(cString: sf_strerror(nil)))")
    }
    defer { sf_close(file) }
    // Even packed formats have no more than a few samples a byte.
    guard info.channels > 0, info.frames > 0, let announced = checkedProduct([Int(info.frames), Int(info.channels)]),
      layout.isPiped || announced <= layout.dataSize * 8
    else {
      throw DataError(
        path, "announces \(info.frames) frames of \(info.channels) channels in \(counted(layout.dataSize, "byte"))")
    }
    // Where the sizes are open, only whole frames that are there count.
    let frames = layout.isPiped ? min(Int(info.frames), layout.dataSize / layout.frameSize) : Int(info.frames)
    let channelCount = Int(info.channels)
    var read: sf_count_t = 0
    samples = [Float](unsafeUninitializedCapacity: frames * channelCount) { buffer, initialized in
      read = sf_readf_float(file, buffer.baseAddress!, sf_count_t(frames))
      initialized = Int(max(0, read)) * channelCount
    }
    guard read == frames, frames > 0 else {
      throw DataError(path, "is truncated: \(read) frames", expected: "\(frames), as its header announces")
    }
    guard samples.allSatisfy(\.isFinite) else { throw DataError(path, "holds a sample that is not a finite number") }
    sampleRate = Int(info.samplerate)
    channels = channelCount
  }
}
