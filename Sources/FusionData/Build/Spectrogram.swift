import Foundation

/// 112x112 log spectrograms of speech at 8 kHz, as bytes.
///
/// A recording is put into the middle of 6,272 samples (0.784 s), cut or padded with silence on both sides alike. Frame
/// `t` of 112 is centred on sample `56 t + 28` and 256 samples (32 ms) long, with a periodic Hann window; beyond the
/// ends there is silence. Of its 129 frequencies, bins 1 to 112 are kept: 31.25 Hz to 3,500 Hz in steps of 31.25 Hz.
/// Their power in decibels below the loudest value of the whole spectrogram, from -80 to 0, becomes 0 to 255, rounded.
/// Row: frequency, the lowest first. Column: time.
struct Spectrogram: Sendable {
  static let size = 112
  static let hop = 56
  static let frame = 256
  static let length = size * hop
  static let range: Float = 80

  /// The same for a recipe.
  static let summary =
    "audio: 112x112 log spectrograms, uint8: 0.784 s at 8 kHz around the middle, 256-sample Hann window every 56 samples, "
    + "bins 1 to 112 (31.25 Hz to 3,500 Hz), -80 to 0 dB below the peak as 0 to 255; row: frequency, column: time"

  private let transforms = RealTransforms(size: frame, count: size)
  private let window = hannWindow(frame)

  /// Memory for one transform at a time.
  final class Workspace {
    fileprivate let transform = RealTransforms.Workspace(size: Spectrogram.frame, count: Spectrogram.size)
    fileprivate var power = [Float](repeating: 0, count: Spectrogram.size * Spectrogram.size)
    /// The sound in its window: ``length`` samples.
    var sound = [Float](repeating: 0, count: Spectrogram.length)
  }

  /// Writes the bytes of the workspace's sound, row by row.
  func compute(_ workspace: Workspace, into output: UnsafeMutablePointer<UInt8>) {
    let (size, frame, bins) = (Self.size, Self.frame, transforms.bins)
    workspace.sound.withUnsafeBufferPointer { sound in
      for t in 0..<size {
        let first = t * Self.hop + Self.hop / 2 - frame / 2
        let target = workspace.transform.frames + t * frame
        for i in 0..<frame {
          let place = first + i
          target[i] = place >= 0 && place < Self.length ? sound[place] * window[i] : 0
        }
      }
    }
    transforms.execute(workspace.transform)
    workspace.power.withUnsafeMutableBufferPointer { power in
      var peak: Float = 0
      for t in 0..<size {
        let spectrum = workspace.transform.parts + t * bins * 2
        for f in 0..<size {
          let (re, im) = (spectrum[2 * f + 2], spectrum[2 * f + 3])
          let value = re * re + im * im
          power[f * size + t] = value
          peak = value > peak ? value : peak
        }
      }
      // 10 log10(p / peak), from -range to 0, to 0 … 255; silence is 0 everywhere.
      guard peak > 0 else { return output.update(repeating: 0, count: size * size) }
      let floor = peak * pow(10, -Self.range / 10)
      let scale = 255 * 10 / Self.range * log10(2)
      for i in 0..<size * size {
        output[i] = power[i] <= floor ? 0 : UInt8(min(255, log2(power[i] / floor) * Float(scale) + 0.5))
      }
    }
  }
}
