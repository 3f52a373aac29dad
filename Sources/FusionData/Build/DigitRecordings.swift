import Foundation
import FusionCore

/// The Free Spoken Digit Dataset: recordings named `{digit}_{speaker}_{index}.wav`.
struct DigitRecordings {
  /// A recording and what its name says.
  struct Recording {
    let name: String
    let digit: Int
    let speaker: String
    let index: Int
    let samples: [Float]
    let isPiped: Bool
  }

  /// Samples a second of every recording.
  static let sampleRate = 8000
  /// All recordings, sorted by digit, speaker and index.
  let all: [Recording]
  /// The SHA-256 over the recordings' names and digests, sorted by name, as `sha256sum *.wav | sha256sum` gives it.
  let digest: String

  /// Reads the folder, or the folder `recordings` in it.
  init(folder: String) throws(DataError) {
    try requireFolder(folder, expected: "the folder of the Free Spoken Digit Dataset")
    let inner = "\(folder)/recordings"
    let path = FileManager.default.fileExists(atPath: inner) ? inner : folder
    guard let listing = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw DataError(path, "cannot be listed")
    }
    let files = listing.filter { $0.hasSuffix(".wav") && !$0.hasPrefix(".") }.sorted {
      Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8))
    }
    guard !files.isEmpty else {
      throw DataError(path, "holds no recordings", expected: "the Free Spoken Digit Dataset: 0_george_0.wav and so on")
    }
    let hash = SHA256()
    let recordings = try files.mapGathering { name throws(DataError) in
      let file = "\(path)/\(name)"
      let line = "\(try SHA256.of(file: file))  \(name)\n"
      Array(line.utf8).withUnsafeBytes { hash.update($0) }
      return try Self.read(name, file: file)
    }
    digest = hash.finish()
    all = recordings.sorted { ($0.digit, $0.speaker, $0.index) < ($1.digit, $1.speaker, $1.index) }
  }

  private static func read(_ name: String, file: String) throws(DataError) -> Recording {
    let parts = name.dropLast(4).split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 3, let digit = Int(parts[0]), (0...9).contains(digit), let index = Int(parts[2]), index >= 0
    else {
      throw DataError(file, "has a name that tells no digit", expected: "{digit}_{speaker}_{index}.wav")
    }
    let wav = try Wav(opening: file)
    guard wav.sampleRate == Self.sampleRate, wav.channels == 1 else {
      throw DataError(
        file, "is recorded at \(wav.sampleRate) Hz with \(counted(wav.channels, "channel"))",
        expected: "\(Self.sampleRate) Hz, one channel")
    }
    return Recording(
      name: name, digit: digit, speaker: String(parts[1]), index: index, samples: wav.samples,
      isPiped: wav.isPiped)
  }

  /// What a person should know of the recordings; nil: nothing.
  var note: String? {
    let piped = all.filter(\.isPiped)
    guard let first = piped.first else { return nil }
    return "\(counted(piped.count, "recording")) leave\(piped.count == 1 ? "s" : "") the size open, as what is written "
      + "into a pipe does, and \(piped.count == 1 ? "was" : "were") read to the end of the file: \(first.name)"
      + (piped.count > 1 ? ", …" : "")
  }

  /// The recordings of the two parts.
  ///
  /// The data set's own split: index 0 to 4 is test, the others train. With a speaker held out, the test part is all of
  /// that speaker, and the training part the others' training recordings.
  func parts(holdingOut speaker: String?, folder: String) throws(DataError) -> (train: [Recording], test: [Recording]) {
    guard let speaker else { return (all.filter { $0.index >= 5 }, all.filter { $0.index < 5 }) }
    let speakers = Set(all.map(\.speaker)).sorted()
    guard speakers.contains(speaker) else {
      let nearest = nearestSpelling(of: speaker, among: speakers).map { ": did you mean '\($0)'?" } ?? ""
      throw DataError(folder, "has no speaker '\(speaker)'\(nearest)", expected: speakers.joined(separator: ", "))
    }
    return (all.filter { $0.speaker != speaker && $0.index >= 5 }, all.filter { $0.speaker == speaker })
  }
}
