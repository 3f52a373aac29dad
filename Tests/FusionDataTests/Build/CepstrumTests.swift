import Foundation
import FusionData
import Testing

/// What librosa made: Tests/Fixtures/cepstrum/make_cepstrum.py.
struct CepstrumFixture: Decodable {
  struct Case: Decodable, CustomTestStringConvertible {
    let settings: String
    let sound: String
    let length: Int
    let rate: Int
    let frame: Int
    let hop: Int
    let centred: Bool
    let mels: Int
    let coefficients: Int
    let frames: Int
    let values: [Float]
    var testDescription: String { "\(settings), \(sound)" }
  }
  /// The recordings of the tiny data set: ranges learned on its training part, scaled values by the name of the file.
  struct Mini: Decodable {
    let minimum: [Float]
    let maximum: [Float]
    let recordings: [String: [Float]]
  }
  let cases: [Case]
  let mini: Mini

  static let all: CepstrumFixture = {
    guard let data = FileManager.default.contents(atPath: "\(fixtures)/../cepstrum/cepstrum.json"),
      let all = try? JSONDecoder().decode(CepstrumFixture.self, from: data)
    else { fatalError("Tests/Fixtures/cepstrum/cepstrum.json cannot be read; run make_cepstrum.py beside it") }
    return all
  }()
}

@Suite struct CepstrumTests {
  /// The formulas of the fixture script.
  private func sound(_ name: String, _ count: Int, _ rate: Int) -> [Float] {
    (0..<count).map { i in
      let t = Double(i) / Double(rate)
      switch name {
      case "tone": return Float(0.5 * sin(2 * Double.pi * 440 * t))
      case "chirp": return Float(0.5 * sin(2 * Double.pi * (100 * t + 1500 * t * t)))
      case "vowel":
        var wave = 0.0
        for k in 1..<12 {
          let harmonic = Double(k)
          wave += sin(2 * Double.pi * 130 * harmonic * t + harmonic * harmonic) / harmonic
        }
        let envelope = max(0, sin(1.5 * Double.pi * Double(i) / Double(count)))
        return Float(0.2 * wave * envelope)
      case "click": return i == count / 2 ? 1 : 0
      default: return 0
      }
    }
  }

  @Test(arguments: CepstrumFixture.all.cases)
  func coefficientsAreThoseOfLibrosa(_ expected: CepstrumFixture.Case) {
    let cepstrum = MelCepstrum(
      sampleRate: expected.rate, frame: expected.frame, hop: expected.hop, isCentred: expected.centred,
      mels: expected.mels, coefficients: expected.coefficients)
    #expect(cepstrum.frameCount(samples: expected.length) == expected.frames)
    let values = cepstrum(sound(expected.sound, expected.length, expected.rate))
    #expect(values.count == expected.values.count)
    let scale = expected.values.reduce(0) { max($0, abs($1)) }
    let distance = zip(values, expected.values).map { abs($0 - $1) }.max() ?? .infinity
    #expect(distance <= 1e-5 * scale, "\(distance / scale) of the largest value")
  }

  @Test func aDigitHas39FramesOf13WhateverItsLength() {
    let cepstrum = DigitCepstrum()
    for count in [0, 1, 399, 3400, 8000, 8001, 20000] {
      let values = cepstrum([Float](repeating: 0.25, count: count))
      #expect(values.count == 507 && values.allSatisfy(\.isFinite), "\(count) samples")
    }
    // The middle second is what counts.
    let word = sound("vowel", 8000, 8000)
    let quiet = [Float](repeating: 0, count: 700)
    #expect(cepstrum(quiet + word + quiet) == cepstrum(word))
    #expect(MelCepstrum(sampleRate: 8000, frame: 400, hop: 200, isCentred: false)([0.5]) == [])
  }
}
