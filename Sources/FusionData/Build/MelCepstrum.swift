import Foundation
import FusionCore

/// Mel-frequency cepstral coefficients, as librosa 0.11's `librosa.feature.mfcc` computes them.
///
/// Frames of ``frame`` samples every ``hop`` samples, under a periodic Hann window → power of the Fourier transform →
/// ``mels`` triangular filters, evenly spaced on Slaney's mel scale from 0 Hz to half the rate, of equal area → decibels
/// `10 log10 max(1e-10, S)`, at most 80 below the loudest value of the whole sound → the first ``coefficients`` of the
/// orthonormal cosine transform of type II over the filters (Davis and Mermelstein 1980).
public struct MelCepstrum: Sendable {
  /// Samples a second.
  public let sampleRate: Int
  /// Samples of a frame; librosa's `n_fft`.
  public let frame: Int
  /// Samples from one frame to the next; librosa's `hop_length`.
  public let hop: Int
  /// Whether frame `t` is centred on sample `hop · t`, with silence beyond the ends; else it starts there, and the last
  /// frame is the last one that lies within the sound whole. librosa's `center`.
  public let isCentred: Bool
  /// The number of filters.
  public let mels: Int
  /// The number of coefficients of a frame; librosa's `n_mfcc`.
  public let coefficients: Int

  private let window: [Float]
  private let filters: [MelFilter]
  /// `[coefficients, mels]`.
  private let cosines: [Double]
  private let transforms: RealTransforms

  /// How far below the loudest value the quietest one is kept, in decibels.
  private static let range = 80.0

  /// Coefficients with librosa's defaults but for those that are given.
  public init(
    sampleRate: Int, frame: Int = 2048, hop: Int = 512, isCentred: Bool = true, mels: Int = 128, coefficients: Int = 20
  ) {
    precondition(sampleRate > 0 && frame > 1 && hop > 0, "mel cepstrum: rate, frame and hop are at least 1, 2 and 1")
    precondition(
      coefficients > 0 && coefficients <= mels, "mel cepstrum: \(coefficients) coefficients of \(mels) filters")
    self.sampleRate = sampleRate
    self.frame = frame
    self.hop = hop
    self.isCentred = isCentred
    self.mels = mels
    self.coefficients = coefficients
    window = hannWindow(frame)
    filters = MelFilter.bank(sampleRate: sampleRate, frame: frame, count: mels)
    var cosines = [Double](repeating: 0, count: coefficients * mels)
    for k in 0..<coefficients {
      let norm = (k == 0 ? 1 / Double(mels) : 2 / Double(mels)).squareRoot()
      for n in 0..<mels { cosines[k * mels + n] = norm * cos(Double.pi * Double(k) * (Double(n) + 0.5) / Double(mels)) }
    }
    self.cosines = cosines
    transforms = RealTransforms(size: frame, count: 1)
  }

  /// The number of frames of a sound of `count` samples.
  public func frameCount(samples count: Int) -> Int {
    let padded = count + (isCentred ? frame / 2 * 2 : 0)
    return padded < frame ? 0 : 1 + (padded - frame) / hop
  }

  /// The coefficients of a sound, frame by frame: `[frames, coefficients]`.
  public func callAsFunction(_ sound: [Float]) -> [Float] {
    let frames = frameCount(samples: sound.count)
    var decibels = [Double](repeating: 0, count: frames * mels)
    var loudest = -Double.infinity
    let workspace = RealTransforms.Workspace(size: frame, count: 1)
    var power = [Float](repeating: 0, count: transforms.bins)
    for t in 0..<frames {
      let first = t * hop - (isCentred ? frame / 2 : 0)
      for i in 0..<frame {
        workspace.frames[i] = sound.indices.contains(first + i) ? sound[first + i] * window[i] : 0
      }
      transforms.execute(workspace)
      let parts = workspace.parts
      for bin in power.indices {
        power[bin] = parts[2 * bin] * parts[2 * bin] + parts[2 * bin + 1] * parts[2 * bin + 1]
      }
      for (number, filter) in filters.enumerated() {
        let value = 10 * log10(max(1e-10, filter(power)))
        decibels[t * mels + number] = value
        loudest = max(loudest, value)
      }
    }
    for i in decibels.indices { decibels[i] = max(decibels[i], loudest - Self.range) }
    var result = [Float](repeating: 0, count: frames * coefficients)
    for t in 0..<frames {
      for k in 0..<coefficients {
        var sum = 0.0
        for n in 0..<mels { sum += cosines[k * mels + n] * decibels[t * mels + n] }
        result[t * coefficients + k] = Float(sum)
      }
    }
    return result
  }
}

/// A triangle over the frequencies of a spectrum, of unit area (librosa's `norm="slaney"`).
private struct MelFilter: Sendable {
  /// The first bin.
  let first: Int
  let weights: [Double]

  /// The sum of a spectrum under the triangle.
  func callAsFunction(_ power: [Float]) -> Double {
    var sum = 0.0
    for (i, weight) in weights.enumerated() { sum += weight * Double(power[first + i]) }
    return sum
  }

  static func bank(sampleRate: Int, frame: Int, count: Int) -> [MelFilter] {
    let top = mel(Double(sampleRate) / 2)
    let edges = (0..<count + 2).map { hertz(top * Double($0) / Double(count + 1)) }
    return (0..<count).map { number in
      let (low, centre, high) = (edges[number], edges[number + 1], edges[number + 2])
      let weights = (0...frame / 2).map { (bin: Int) -> Double in
        let frequency = Double(bin) * Double(sampleRate) / Double(frame)
        let (rising, falling) = ((frequency - low) / (centre - low), (high - frequency) / (high - centre))
        return max(0, min(rising, falling)) * 2 / (high - low)
      }
      guard let first = weights.firstIndex(where: { $0 > 0 }), let last = weights.lastIndex(where: { $0 > 0 }) else {
        return MelFilter(first: 0, weights: [])
      }
      return MelFilter(first: first, weights: Array(weights[first...last]))
    }
  }

  /// Slaney's scale (Auditory Toolbox, 1998): linear up to 1,000 Hz, logarithmic above.
  private static func mel(_ hertz: Double) -> Double {
    hertz < 1000 ? hertz * 3 / 200 : 15 + log(hertz / 1000) / step
  }
  private static func hertz(_ mel: Double) -> Double { mel < 15 ? mel * 200 / 3 : 1000 * exp(step * (mel - 15)) }
  private static let step = log(6.4) / 27
}
