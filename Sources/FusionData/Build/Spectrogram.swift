import CFFTW
import Foundation

/// 112x112 log spectrograms of speech at 8 kHz, as bytes.
///
/// A recording is put into the middle of 6,272 samples (0.784 s), cut or padded with silence on both sides alike. Frame
/// `t` of 112 is centred on sample `56 t + 28` and 256 samples (32 ms) long, with a periodic Hann window; beyond the
/// ends there is silence. Of its 129 frequencies, bins 1 to 112 are kept: 31.25 Hz to 3,500 Hz in steps of 31.25 Hz.
/// Their power in decibels below the loudest value of the whole spectrogram, from -80 to 0, becomes 0 to 255, rounded.
/// Row: frequency, the lowest first. Column: time.
///
/// `@unchecked Sendable`: the plan is made once and only read; FFTW's execution on new arrays may run on many threads.
final class Spectrogram: @unchecked Sendable {
  static let sampleRate = 8000
  static let size = 112
  static let hop = 56
  static let frame = 256
  static let length = size * hop
  static let range: Float = 80
  private static let bins = frame / 2 + 1

  /// FFTW keeps its planner's state in a global: one planner at a time.
  private static let planner = NSLock()
  /// The same for a recipe.
  static let summary =
    "audio: 112x112 log spectrograms, uint8: 0.784 s at 8 kHz around the middle, 256-sample Hann window every 56 samples, "
    + "bins 1 to 112 (31.25 Hz to 3,500 Hz), -80 to 0 dB below the peak as 0 to 255; row: frequency, column: time"

  private let plan: fftwf_plan
  private let window: [Float]

  init() {
    window = (0..<Self.frame).map { Float(0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(Self.frame))) }
    let workspace = Workspace()
    // Estimated, not measured: a measured plan may differ from run to run, and with it the last bits.
    plan = Self.planner.withLock {
      var size = Int32(Self.frame)
      guard
        let plan = fftwf_plan_many_dft_r2c(
          1, &size, Int32(Self.size), workspace.frames, nil, 1, Int32(Self.frame), workspace.spectra, nil, 1,
          Int32(Self.bins), FFTW_ESTIMATE)
      else { fatalError("fftw3f makes no plan for \(Self.size) transforms of \(Self.frame) values") }
      return plan
    }
  }

  deinit { Self.planner.withLock { fftwf_destroy_plan(plan) } }

  /// Memory for one transform at a time, aligned as the plan expects.
  final class Workspace {
    fileprivate let frames = fftwf_alloc_real(Spectrogram.size * Spectrogram.frame)!
    fileprivate let spectra = fftwf_alloc_complex(Spectrogram.size * Spectrogram.bins)!
    fileprivate var power = [Float](repeating: 0, count: Spectrogram.size * Spectrogram.size)
    /// The sound in its window: ``length`` samples.
    var sound = [Float](repeating: 0, count: Spectrogram.length)

    deinit {
      fftwf_free(frames)
      fftwf_free(spectra)
    }
  }

  /// Where the samples of a recording of `count` samples come to lie: those from `source` on, at `target`.
  static func placement(count: Int) -> (source: Int, target: Range<Int>) {
    let kept = min(count, length)
    let start = (length - kept) / 2
    return ((count - kept) / 2, start..<start + kept)
  }

  /// Writes the bytes of the workspace's sound, row by row.
  func compute(_ workspace: Workspace, into output: UnsafeMutablePointer<UInt8>) {
    let (size, frame, bins) = (Self.size, Self.frame, Self.bins)
    workspace.sound.withUnsafeBufferPointer { sound in
      for t in 0..<size {
        let first = t * Self.hop + Self.hop / 2 - frame / 2
        let target = workspace.frames + t * frame
        for i in 0..<frame {
          let place = first + i
          target[i] = place >= 0 && place < Self.length ? sound[place] * window[i] : 0
        }
      }
    }
    fftwf_execute_dft_r2c(plan, workspace.frames, workspace.spectra)
    workspace.power.withUnsafeMutableBufferPointer { power in
      var peak: Float = 0
      for t in 0..<size {
        let spectrum = UnsafeMutableRawPointer(workspace.spectra + t * bins).assumingMemoryBound(to: Float.self)
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
