import FusionCore

/// 39 frames of 13 mel-frequency cepstral coefficients of a digit spoken at 8 kHz.
///
/// The framing of the written and spoken digits database (Khacef, Rodriguez and Miramond 2020): a recording is put into
/// the middle of 8,000 samples (1 s), cut or padded with silence on both sides alike; frames of 400 samples (50 ms) start
/// every 200 samples (25 ms), which makes 39 that lie within the second whole. All else as ``MelCepstrum``, that is as
/// librosa: `mfcc(y=y, sr=8000, n_mfcc=13, n_fft=400, hop_length=200, center=False).T`.
public struct DigitCepstrum: Sendable {
  /// The number of frames.
  public static let frames = 39
  /// The number of coefficients of a frame.
  public static let coefficients = 13
  static let size = frames * coefficients
  static let length = 8000

  /// The same for a recipe.
  static let summary =
    "audio: 39 frames of 13 MFCC, float32 [N, 507], frame by frame: 1 s at 8 kHz around the middle, padded with silence; "
    + "as librosa.feature.mfcc(y=y, sr=8000, n_mfcc=13, n_fft=400, hop_length=200, center=False).T"

  private let cepstrum = MelCepstrum(
    sampleRate: DigitRecordings.sampleRate, frame: 400, hop: 200, isCentred: false, coefficients: coefficients)

  /// Cepstra of digits.
  public init() {}

  /// The coefficients of a recording of any length, frame by frame: `[39, 13]`.
  public func callAsFunction(_ samples: [Float]) -> [Float] {
    let (source, target) = placementInTheMiddle(of: Self.length, count: samples.count)
    var sound = [Float](repeating: 0, count: Self.length)
    sound.replaceSubrange(target, with: samples[source..<source + target.count])
    return cepstrum(sound)
  }

  /// The coefficients of recordings, one after the other: `[N, 39, 13]`.
  func ofAll(_ recordings: [DigitRecordings.Recording], _ device: Device) -> [Float] {
    [Float](unsafeUninitializedCapacity: recordings.count * Self.size) { buffer, count in
      let base = buffer.baseAddress!
      device.parallel(units: recordings.count) { number in
        (base + number * Self.size).update(from: self(recordings[number].samples), count: Self.size)
      }
      count = recordings.count * Self.size
    }
  }
}

extension Recipe.Scaling {
  /// The ranges of the columns of values `[…, columns]`.
  init(of values: [Float], columns: Int) {
    minimum = [Float](repeating: .infinity, count: columns)
    maximum = [Float](repeating: -.infinity, count: columns)
    for (place, value) in values.enumerated() {
      minimum[place % columns] = min(minimum[place % columns], value)
      maximum[place % columns] = max(maximum[place % columns], value)
    }
  }

  /// Values `[…, columns]` with each column's range as 0 to 1, what lies outside cut off; a column that was constant is 0.
  func applied(to values: [Float]) -> [Float] {
    values.enumerated().map { place, value in
      let column = place % minimum.count
      let (low, high) = (minimum[column], maximum[column])
      return high > low ? max(0, min(1, (value - low) / (high - low))) : 0
    }
  }
}
