import FusionCore

/// Which samples have a modality, as a file of zeros and ones says.
public struct PresenceMask: Sendable {
  /// The file, for messages.
  public let source: String
  /// Whether each row of the modality's array holds a sample, or nothing that counts.
  public let isPresent: [Bool]

  /// How many rows hold a sample.
  public var presentCount: Int { isPresent.count { $0 } }

  /// Reads zeros and ones, or false and true, `[N]` or `[N, 1]`, of any type.
  ///
  /// - Throws: ``DataError`` that names the first row with another value.
  public init(_ array: StoredArray) throws(DataError) {
    guard array.sampleCount == 1, array.shape.count <= 2 else {
      throw DataError(
        array.source, "holds an array of shape \(array.shape)", expected: "0 or 1 for each sample: [N]")
    }
    var isPresent = [Bool](repeating: true, count: array.count)
    var bad: (row: Int, value: Double)?
    array.visit(0..<array.count) { row, value in
      if value == 0 { isPresent[row] = false } else if value != 1, bad == nil { bad = (row, value) }
    }
    try array.store.checkSize()
    if let (row, value) = bad {
      throw array.problem(
        row: row, "holds \(shortNumber(value))",
        expected: "1 or true where the sample has the modality, 0 or false where it is missing")
    }
    source = array.source
    self.isPresent = isPresent
  }

  /// The mask of an array that holds some rows of this one's alone, in their order.
  public func gathered(_ rows: [Int]) -> PresenceMask {
    PresenceMask(source: source, isPresent: rows.map { isPresent[$0] })
  }

  private init(source: String, isPresent: [Bool]) {
    self.source = source
    self.isPresent = isPresent
  }

  /// Refuses a mask of another length than the array that it is about.
  func check(suits array: StoredArray) throws(DataError) {
    guard isPresent.count != array.count else { return }
    throw DataError(
      source, "holds \(counted(isPresent.count, "value"))",
      expected: "\(counted(array.count, "value")), one for each sample of \(array.source)")
  }
}

extension ModalityArray {
  /// An array that is looked through for values that are not finite, but for the rows in which the modality is missing.
  ///
  /// - Parameters:
  ///   - needed: whether a modality that every sample lacks is an error, because there would be nothing to learn from.
  package init(
    _ name: String, _ array: StoredArray, presence: PresenceMask?, needed: Bool, device: Device
  ) throws(DataError) {
    if let presence {
      try presence.check(suits: array)
      guard !needed || presence.isPresent.contains(true) else {
        throw DataError(
          presence.source, "says that every sample lacks '\(name)'",
          expected: "some that have it, or take the modality out of the configuration")
      }
    }
    self.init(name, try array.scanned(device: device, presence: presence), presence: presence)
  }
}
