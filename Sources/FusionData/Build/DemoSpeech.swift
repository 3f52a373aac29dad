import Foundation

/// Digits as sequences of sounds, each a voice or a hiss through two resonators.
enum DemoSpeech {
  /// A sound: from one pair of formants, in hertz, to another.
  private struct Sound {
    let isVoiced: Bool
    /// Its share of the word.
    let share: Float
    let from: SIMD2<Float>
    let to: SIMD2<Float>
    let loudness: Float

    static func voiced(_ share: Float, _ from: SIMD2<Float>, _ to: SIMD2<Float>, _ loudness: Float = 1) -> Sound {
      Sound(isVoiced: true, share: share, from: from, to: to, loudness: loudness)
    }

    static func hiss(_ share: Float, _ low: Float, _ high: Float, _ loudness: Float = 0.25) -> Sound {
      Sound(isVoiced: false, share: share, from: SIMD2(low, high), to: SIMD2(low, high), loudness: loudness)
    }
  }

  /// Roughly the English words; formants of the vowels after Peterson and Barney (1952).
  private static let words: [[Sound]] = [
    [.hiss(0.2, 2800, 3500), .voiced(0.4, [300, 2200], [490, 1350]), .voiced(0.4, [570, 840], [440, 1020])],
    [
      .voiced(0.3, [300, 610], [640, 1190]), .voiced(0.4, [640, 1190], [640, 1190]),
      .voiced(0.3, [300, 1500], [280, 1600], 0.4),
    ],
    [.hiss(0.2, 2000, 3200, 0.4), .voiced(0.8, [300, 1300], [300, 870])],
    [
      .hiss(0.25, 1500, 3000, 0.12), .voiced(0.25, [490, 1350], [400, 1600]), .voiced(0.5, [270, 2290], [270, 2290]),
    ],
    [.hiss(0.25, 1200, 2600, 0.12), .voiced(0.75, [570, 840], [490, 1350])],
    [
      .hiss(0.2, 1200, 2600, 0.12), .voiced(0.6, [730, 1090], [390, 1990]),
      .voiced(0.2, [250, 1100], [230, 1000], 0.3),
    ],
    [
      .hiss(0.3, 2800, 3500), .voiced(0.3, [390, 1990], [390, 1990]), .hiss(0.15, 1500, 2500, 0.05),
      .hiss(0.25, 2800, 3500),
    ],
    [
      .hiss(0.2, 2800, 3500), .voiced(0.25, [530, 1840], [530, 1840]), .voiced(0.2, [250, 1100], [350, 1400], 0.4),
      .voiced(0.35, [500, 1500], [280, 1600], 0.6),
    ],
    [.voiced(0.7, [530, 1840], [300, 2250]), .hiss(0.12, 1000, 1500, 0.01), .hiss(0.18, 2000, 3200, 0.4)],
    [
      .voiced(0.2, [280, 1600], [700, 1200], 0.4), .voiced(0.55, [730, 1090], [390, 1990]),
      .voiced(0.25, [280, 1600], [280, 1600], 0.4),
    ],
  ]

  /// Fills `sound` with the word in its middle.
  static func speak(_ digit: Int, _ start: Jitter, into sound: inout [Float]) {
    var jitter = start
    for i in sound.indices { sound[i] = 0 }
    let length = Int(jitter.between(2600, 4800))
    let first = (sound.count - length) / 2 + Int(jitter.next() * 400)
    // A shorter tract raises all formants; pitch follows, loosely.
    let tract = jitter.between(0.88, 1.16)
    let pitch = jitter.between(85, 140) * tract * tract
    let glide = jitter.between(-0.25, 0.1)
    let words = Self.words[digit]
    let shares = words.map { $0.share * jitter.between(0.75, 1.3) }
    let total = shares.reduce(0, +)
    var place = 0
    var phase: Float = 0
    var formants = (Resonator(), Resonator())
    for (number, part) in words.enumerated() {
      let wobble = SIMD2<Float>(1 + jitter.next() * 0.06, 1 + jitter.next() * 0.06) * tract
      let loudness = part.loudness * jitter.between(0.7, 1.3)
      let end = number == words.count - 1 ? length : min(length, place + Int(Float(length) * shares[number] / total))
      let count = max(1, end - place)
      for i in 0..<count {
        let share = Float(i) / Float(count)
        if i % 40 == 0 {
          let frequency = (part.from + (part.to - part.from) * share) * wobble
          let width: Float = part.isVoiced ? 1 : 4
          formants.0.tune(min(3800, frequency.x), bandwidth: 80 * width)
          formants.1.tune(min(3800, frequency.y), bandwidth: 120 * width)
        }
        var source: Float = 0
        if part.isVoiced {
          phase += pitch * (1 + glide * Float(place + i) / Float(length)) / Float(DigitRecordings.sampleRate)
          if phase >= 1 {
            phase -= 1
            source = 1
          }
        } else {
          source = jitter.next() * 0.3
        }
        // Sounds fade in and out over 10 ms.
        let fade = min(1, Float(min(i, count - 1 - i)) / 80)
        let value = (formants.0.pass(source) + 0.6 * formants.1.pass(source)) * loudness * fade
        if place + i < length, sound.indices.contains(first + place + i) { sound[first + place + i] = value }
      }
      place = end
    }
    let peak = sound.reduce(Float(1e-6)) { max($0, abs($1)) }
    let noise = jitter.between(0.002, 0.02)
    for i in sound.indices { sound[i] = sound[i] / peak + jitter.next() * noise }
  }
}

/// A digital resonator of two poles (Klatt 1980).
private struct Resonator {
  private var a: Float = 1
  private var b: Float = 0
  private var c: Float = 0
  private var past: (Float, Float) = (0, 0)

  mutating func tune(_ frequency: Float, bandwidth: Float) {
    let period = 1 / Float(DigitRecordings.sampleRate)
    c = -exp(-2 * .pi * bandwidth * period)
    b = 2 * exp(-.pi * bandwidth * period) * cos(2 * .pi * frequency * period)
    a = 1 - b - c
  }

  mutating func pass(_ input: Float) -> Float {
    let output = a * input + b * past.0 + c * past.1
    past = (output, past.0)
    return output
  }
}
