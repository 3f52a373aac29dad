import FusionCore
import Foundation

/// Makes AV-MNIST from MNIST and the Free Spoken Digit Dataset: `fusionkit data build avmnist`.
///
/// Every MNIST image, in its own order, is paired with a recording of the same digit drawn with a seed; training pairs
/// come from the two training parts alone, test pairs from the test parts. The same options give the same bytes.
public struct AVMNISTBuilder: Sendable {
  /// The folder of the four MNIST files, plain or gzip'd.
  public var mnist: String
  /// The folder of the recordings, or the one above it.
  public var fsdd: String
  /// Where the data set goes.
  public var output: String
  /// Decides pairs and noise.
  public var seed: UInt64 = 0
  /// Keeps so many principal components of the images; nil: see ``imageEnergy``.
  public var imageComponents: Int?
  /// Keeps the fewest principal components that hold this share of the images' variance; nil: the images stay whole.
  public var imageEnergy: Double?
  /// Adds noise, so many decibels below the speech; nil: none.
  public var audioSNR: Double?
  /// Which noise.
  public var audioNoise = AudioNoise.babble
  /// A speaker who is heard in the test part only, and nobody else there.
  public var holdOutSpeaker: String?
  /// The first so many training pairs only; nil: all.
  public var trainLimit: Int?
  /// The first so many test pairs only; nil: all.
  public var testLimit: Int?

  /// A clean data set of all images; the properties ask for others.
  public init(mnist: String, fsdd: String, output: String) {
    self.mnist = mnist
    self.fsdd = fsdd
    self.output = output
  }

  /// What is wrong with the options, in words; empty: nothing.
  public var problems: [String] {
    var problems: [String] = []
    if let imageComponents, !(1...784).contains(imageComponents) {
      problems.append("image components: \(imageComponents); expected 1 to 784")
    }
    if let imageEnergy, !(imageEnergy > 0 && imageEnergy <= 1) {
      problems.append("image energy: \(imageEnergy); expected above 0, at most 1")
    }
    if imageComponents != nil, imageEnergy != nil {
      problems.append("image components and image energy exclude each other")
    }
    if let audioSNR, !(abs(audioSNR) <= 100) { problems.append("audio SNR: \(audioSNR); expected -100 to 100 dB") }
    return problems + DigitPairs.problems(trainLimit: trainLimit, testLimit: testLimit)
  }

  /// Reads, makes and writes everything; `recipe.json` last.
  ///
  /// - Throws: ``DataError`` with what is wrong about options or files; an older data set in the folder is whole then.
  @discardableResult
  public func build(device: Device, progress: @escaping BuildProgress = { _, _, _ in }) throws(DataError) -> Recipe {
    guard problems.isEmpty else {
      throw DataError(gathering: problems.map { DataError("data build avmnist", $0) })
    }
    let files = try MNISTFiles(folder: mnist)
    progress("reading recordings", 0, 1)
    let speech = try DigitRecordings(folder: fsdd)
    let parts = try speech.parts(holdingOut: holdOutSpeaker, folder: fsdd)
    var pca: ImagePCA?
    if imageComponents != nil || imageEnergy != nil {
      progress("fitting principal components", 0, 1)
      // On all training images, also where only the first pairs are built: a small set is the start of the large one.
      pca = try ImagePCA(files.train.images, keeping: imageComponents.map { .components($0) } ?? .energy(imageEnergy!))
    }
    let writer = try AVMNISTWriter(folder: output, device: device, progress: progress)
    let spectrogram = Spectrogram()
    try writer.write(part("train", files.train, parts.train, limit: trainLimit, pca, spectrogram, device))
    try writer.write(part("test", files.test, parts.test, limit: testLimit, pca, spectrogram, device))
    var made = recipe(
      pca: pca, sources: files.digests.merging(["fsdd (sha256sum *.wav | sha256sum)": speech.digest]) { $1 })
    made.description += speech.note.map { [$0] } ?? []
    return try writer.commit(made)
  }

  private func part(
    _ name: String, _ digits: MNISTFiles.Part, _ recordings: [DigitRecordings.Recording], limit: Int?, _ pca: ImagePCA?,
    _ spectrogram: Spectrogram, _ device: Device
  ) throws(DataError) -> AVMNISTWriter.Part {
    let random = RandomStream(seed: seed).derived(name)
    let pairs = try DigitPairs(name, digits, recordings, limit: limit, random: random, folder: fsdd)
    let chosen = pairs.chosen
    if audioSNR != nil, audioNoise == .babble, recordings.count <= SpeechRenderer.babbleVoices {
      throw DataError(
        fsdd, "has \(counted(recordings.count, "\(name) recording"))",
        expected: "more than \(SpeechRenderer.babbleVoices), for babble of others")
    }
    let renderer = SpeechRenderer(
      recordings: recordings, spectrogram: spectrogram, snr: audioSNR, noise: audioNoise,
      random: random.derived("noise"))
    let spectrograms = audioSNR == nil ? cleanSpectrograms(renderer, Set(chosen).sorted(), device) : nil
    let size = Spectrogram.size * Spectrogram.size
    let hasBabble = audioSNR != nil && audioNoise == .babble
    return AVMNISTWriter.Part(
      name: name, labels: pairs.labels,
      origins: pairs.origins(column: hasBabble ? "babble" : nil) { sample in
        renderer.voices(recording: chosen[sample], sample: sample).map { recordings[$0].name }.joined(separator: " ")
      },
      images: { rows, output in
        if let pca { return pca.reconstruct(digits.images, rows: rows, into: output) }
        let first = rows.lowerBound * 784
        digits.images.visit(first..<rows.upperBound * 784) { output[$0 - first] = UInt8($1) }
      },
      audio: { row, workspace, output in
        if let spectrograms {
          spectrograms.withUnsafeBufferPointer {
            output.update(from: $0.baseAddress! + chosen[row] * size, count: size)
          }
        } else {
          renderer.render(recording: chosen[row], sample: row, workspace, into: output)
        }
      })
  }

  /// Without noise a recording always looks the same: each that is used is transformed once, in its own place.
  private func cleanSpectrograms(_ renderer: SpeechRenderer, _ used: [Int], _ device: Device) -> [UInt8] {
    let size = Spectrogram.size * Spectrogram.size
    var bytes = [UInt8](repeating: 0, count: renderer.recordings.count * size)
    bytes.withUnsafeMutableBufferPointer { buffer in
      let base = buffer.baseAddress!
      device.parallel(units: used.count) { unit in
        let recording = used[unit]
        renderer.render(recording: recording, sample: 0, Spectrogram.Workspace(), into: base + recording * size)
      }
    }
    return bytes
  }

  private func recipe(pca: ImagePCA?, sources: [String: String]) -> Recipe {
    var options = ["seed": "\(seed)"]
    options["image-components"] = imageComponents.map(String.init)
    options["image-energy"] = imageEnergy.map { "\($0)" }
    options["audio-snr"] = audioSNR.map { "\($0)" }
    options["audio-noise"] = audioSNR == nil ? nil : audioNoise.rawValue
    options["hold-out-speaker"] = holdOutSpeaker
    options["train-limit"] = trainLimit.map(String.init)
    options["test-limit"] = testLimit.map(String.init)
    var description = ["images: MNIST in its own order, uint8 [N, 28, 28]"]
    if let pca {
      description.append(
        "images: \(pca.count) principal components of the training images, \(pca.energy) of their variance, mean added back"
      )
    }
    description.append(Spectrogram.summary)
    description.append(DigitPairs.summary(holdingOut: holdOutSpeaker))
    if let audioSNR {
      description.append(
        "audio: \(audioNoise == .babble ? "four other recordings of the same part" : "white noise") at \(audioSNR) dB, "
          + "powers over the recording's length, drawn anew for every pair")
    }
    description.append("origins: the image and the recordings of every sample")
    return Recipe(
      made: "build avmnist", generated: false, description: description, options: options, sources: sources, files: [:])
  }
}
