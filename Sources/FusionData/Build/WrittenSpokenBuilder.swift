import FusionCore

/// Makes written and spoken digits from MNIST and the Free Spoken Digit Dataset, in the layout of ``WrittenSpokenDataset``:
/// `fusionkit data build written-spoken`.
///
/// Pairs are those of ``AVMNISTBuilder`` with the same seed. Images and mel-frequency cepstra (``DigitCepstrum``) are float32
/// from 0 to 1; the range of each coefficient is learned on all recordings of the training part. The same options give the
/// same bytes.
public struct WrittenSpokenBuilder: Sendable {
  /// The folder of the four MNIST files, plain or gzip'd.
  public var mnist: String
  /// The folder of the recordings, or the one above it.
  public var fsdd: String
  /// Where the data set goes.
  public var output: String
  /// Decides the pairs.
  public var seed: UInt64 = 0
  /// A speaker who is heard in the test part only, and nobody else there.
  public var holdOutSpeaker: String?
  /// The first so many training pairs only; nil: all.
  public var trainLimit: Int?
  /// The first so many test pairs only; nil: all.
  public var testLimit: Int?
  /// Whether the labels of the test part, and what tells them, go into the folder `withheld`, where no data set looks.
  public var withholdsTestLabels = false

  /// A data set of all images; the properties ask for others.
  public init(mnist: String, fsdd: String, output: String) {
    self.mnist = mnist
    self.fsdd = fsdd
    self.output = output
  }

  /// What is wrong with the options, in words; empty: nothing.
  public var problems: [String] { DigitPairs.problems(trainLimit: trainLimit, testLimit: testLimit) }

  /// Reads, makes and writes everything; `recipe.json` last.
  ///
  /// - Throws: ``DataError`` with what is wrong about options or files; an older data set in the folder is whole then.
  @discardableResult
  public func build(device: Device, progress: @escaping BuildProgress = { _, _, _ in }) throws(DataError) -> Recipe {
    guard problems.isEmpty else {
      throw DataError(gathering: problems.map { DataError("data build written-spoken", $0) })
    }
    let files = try MNISTFiles(folder: mnist)
    progress("reading recordings", 0, 1)
    let speech = try DigitRecordings(folder: fsdd)
    let parts = try speech.parts(holdingOut: holdOutSpeaker, folder: fsdd)
    let random = RandomStream(seed: seed)
    let train = try DigitPairs(
      "train", files.train, parts.train, limit: trainLimit, random: random.derived("train"), folder: fsdd)
    let test = try DigitPairs(
      "test", files.test, parts.test, limit: testLimit, random: random.derived("test"), folder: fsdd)
    progress("computing cepstra", 0, 1)
    let cepstrum = DigitCepstrum()
    let heard = cepstrum.ofAll(parts.train, device)
    let scaling = Recipe.Scaling(of: heard, columns: DigitCepstrum.coefficients)
    let writer = try DatasetWriter(
      folder: output, subfolders: withholdsTestLabels ? [Self.withheld] : [], progress: progress)
    try write("train", train, scaling.applied(to: heard), writer)
    try write("test", test, scaling.applied(to: cepstrum.ofAll(parts.test, device)), writer)
    let secret = ["labels_test.npy", "origins_test.csv"]
    var made = recipe(scaling, files.digests.merging(["fsdd (sha256sum *.wav | sha256sum)": speech.digest]) { $1 })
    made.description += speech.note.map { [$0] } ?? []
    return try writer.commit(
      made,
      absent: withholdsTestLabels ? secret : secret.map { "\(Self.withheld)/\($0)" })
  }

  private static let withheld = "withheld"

  /// Writes a part, whose recordings have these cepstra.
  private func write(_ name: String, _ pairs: DigitPairs, _ cepstra: [Float], _ writer: DatasetWriter) throws(DataError)
  {
    let count = pairs.labels.count
    try writer.array("data_wr_\(name).npy", "\(name) images", .float32, shape: [count, 784], chunk: 4096) {
      (rows, base: UnsafeMutablePointer<Float>) in
      let first = rows.lowerBound * 784
      pairs.images.visit(first..<rows.upperBound * 784) { base[$0 - first] = Float($1) / 255 }
    }
    let size = DigitCepstrum.size
    try writer.array("data_sp_\(name).npy", "\(name) cepstra", .float32, shape: [count, size], chunk: 4096) {
      (rows, base: UnsafeMutablePointer<Float>) in
      cepstra.withUnsafeBufferPointer { cepstra in
        for (place, row) in rows.enumerated() {
          (base + place * size).update(from: cepstra.baseAddress! + pairs.chosen[row] * size, count: size)
        }
      }
    }
    let folder = name == "test" && withholdsTestLabels ? "\(Self.withheld)/" : ""
    try writer.labels("\(folder)labels_\(name).npy", pairs.labels)
    try writer.lines("\(folder)origins_\(name).csv", pairs.origins())
  }

  private func recipe(_ scaling: Recipe.Scaling, _ sources: [String: String]) -> Recipe {
    var options = ["seed": "\(seed)"]
    options["hold-out-speaker"] = holdOutSpeaker
    options["limit-train"] = trainLimit.map(String.init)
    options["limit-test"] = testLimit.map(String.init)
    options["without-test-labels"] = withholdsTestLabels ? "yes" : nil
    return Recipe(
      made: "build written-spoken", generated: false,
      description: [
        "images: MNIST in its own order, divided by 255, float32 [N, 784]", DigitCepstrum.summary,
        "audio: each coefficient from its smallest to its largest value in the training part's recordings (scaling) as "
          + "0 to 1, what lies outside cut off", DigitPairs.summary(holdingOut: holdOutSpeaker),
        "origins: the image and the recording of every sample",
      ] + (withholdsTestLabels ? ["withheld: the labels and origins of the test part, which no data set reads"] : []),
      options: options, sources: sources, files: [:], scaling: ["audio": scaling])
  }
}
