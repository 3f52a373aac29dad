import Foundation
import FusionCore

/// What speech is disturbed by.
public enum AudioNoise: String, Codable, Sendable, CaseIterable {
  /// The sum of four other recordings of the same part, each repeated from a random place on.
  case babble
  /// Gaussian noise, equal at all frequencies.
  case white
}

/// A part's recordings, turned into spectrograms, clean or with noise.
struct SpeechRenderer {
  static let babbleVoices = 4

  let recordings: [DigitRecordings.Recording]
  let spectrogram: Spectrogram
  /// Decibels of the recording above its noise, over the length of the recording; nil: no noise.
  let snr: Double?
  let noise: AudioNoise
  let random: RandomStream

  /// The other recordings that disturb a sample, all different.
  func voices(recording: Int, sample: Int) -> [Int] {
    let random = random.derived(sample)
    var chosen: [Int] = []
    var position = 0
    while chosen.count < Self.babbleVoices {
      let candidate = random.integer(below: recordings.count, at: position)
      position += 1
      if candidate != recording, !chosen.contains(candidate) { chosen.append(candidate) }
    }
    return chosen
  }

  /// Writes the spectrogram of a recording as sample number `sample`: its noise is drawn for that sample alone.
  func render(
    recording: Int, sample: Int, _ workspace: Spectrogram.Workspace, into output: UnsafeMutablePointer<UInt8>
  ) {
    let samples = recordings[recording].samples
    let (source, target) = placementInTheMiddle(of: Spectrogram.length, count: samples.count)
    workspace.sound.withUnsafeMutableBufferPointer { sound in
      sound.update(repeating: 0)
      for i in 0..<target.count { sound[target.lowerBound + i] = samples[source + i] }
      guard let snr else { return }
      let disturbance = noise == .babble ? babble(recording, sample) : white(sample)
      // Powers in double precision, so that the level does not depend on how sums round.
      var (signal, other) = (0.0, 0.0)
      for i in target {
        signal += Double(sound[i]) * Double(sound[i])
        other += Double(disturbance[i]) * Double(disturbance[i])
      }
      let level = other > 0 ? Float((signal / other * pow(10, -snr / 10)).squareRoot()) : 0
      for i in 0..<Spectrogram.length { sound[i] += disturbance[i] * level }
    }
    spectrogram.compute(workspace, into: output)
  }

  private func babble(_ recording: Int, _ sample: Int) -> [Float] {
    var sum = [Float](repeating: 0, count: Spectrogram.length)
    let starts = random.derived(sample).derived("starts")
    for (number, voice) in voices(recording: recording, sample: sample).enumerated() {
      let samples = recordings[voice].samples
      var place = starts.integer(below: samples.count, at: number)
      samples.withUnsafeBufferPointer { samples in
        for i in 0..<Spectrogram.length {
          sum[i] += samples[place]
          place = place + 1 == samples.count ? 0 : place + 1
        }
      }
    }
    return sum
  }

  /// By Box and Muller (1958), four values from each block of random numbers.
  private func white(_ sample: Int) -> [Float] {
    let random = random.derived(sample)
    var values = [Float](repeating: 0, count: Spectrogram.length)
    for block in 0..<Spectrogram.length / 4 {
      let words = random.block(UInt64(block))
      for pair in 0..<2 {
        // In (0, 1]: the logarithm of zero is avoided.
        let radius = (-2 * log((Float(words[2 * pair] >> 8) + 1) * 0x1p-24)).squareRoot()
        let angle = 2 * Float.pi * Float(words[2 * pair + 1] >> 8) * 0x1p-24
        values[4 * block + 2 * pair] = radius * cos(angle)
        values[4 * block + 2 * pair + 1] = radius * sin(angle)
      }
    }
    return values
  }
}
