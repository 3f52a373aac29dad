import FusionCore

/// Images of a part of MNIST, in their own order, each with a recording of the same digit.
struct DigitPairs {
  /// The label of every pair.
  let labels: [Int]
  /// All images of the part; pair `i` has image `i`.
  let images: StoredArray
  /// All recordings of the part.
  let recordings: [DigitRecordings.Recording]
  /// The number of the recording of every pair.
  let chosen: [Int]

  /// Draws a recording for every image.
  ///
  /// - Parameters:
  ///   - name: the part, for messages.
  ///   - limit: the number of pairs, the first ones; nil: all. Those are the same for any limit.
  ///   - random: the part's stream.
  ///   - folder: where the recordings come from, for messages.
  init(
    _ name: String, _ digits: MNISTFiles.Part, _ recordings: [DigitRecordings.Recording], limit: Int?,
    random: RandomStream, folder: String
  ) throws(DataError) {
    let labels = Array(digits.labels.prefix(limit ?? .max))
    var byDigit = [[Int]](repeating: [], count: 10)
    for (number, recording) in recordings.enumerated() { byDigit[recording.digit].append(number) }
    if let silent = Set(labels).sorted().first(where: { byDigit[$0].isEmpty }) {
      throw DataError(
        folder, "has no \(name) recording of the digit \(silent)", expected: "recordings of all ten digits")
    }
    let pairing = random.derived("pairs")
    chosen = labels.enumerated().map { sample, label in
      byDigit[label][pairing.integer(below: byDigit[label].count, at: sample)]
    }
    self.labels = labels
    self.recordings = recordings
    images = digits.images
  }

  /// The lines of a CSV that says what each pair was made of: its label, the number of the image, the recording.
  ///
  /// - Parameters:
  ///   - column: the name of another column.
  ///   - cell: its content for a pair.
  func origins(column: String? = nil, cell: (_ sample: Int) -> String = { _ in "" }) -> [String] {
    [CSV.line(["label", "mnist_image", "recording"] + (column.map { [$0] } ?? []))]
      + chosen.enumerated().map { sample, recording in
        CSV.line(
          ["\(labels[sample])", "\(sample)", recordings[recording].name] + (column == nil ? [] : [cell(sample)]))
      }
  }

  /// What a recipe says of the parts of the recordings.
  static func summary(holdingOut speaker: String?) -> String {
    speaker.map { "audio: test is every recording of \($0); train is index 5 and above of the others" }
      ?? "audio: test is index 0 to 4 of every speaker, train the others"
  }

  /// What is wrong with limits, in words.
  static func problems(trainLimit: Int?, testLimit: Int?) -> [String] {
    [("train", trainLimit), ("test", testLimit)].compactMap { name, limit in
      limit.flatMap { $0 < 1 ? "\(name) limit: \($0); expected at least 1" : nil }
    }
  }
}
