import FusionCore

/// What a model learns to say for each sample.
public enum Targets: Sendable {
  /// One class of `names.count` for each row; -1 for rows of classes that were left out.
  case classes(labels: [Int32], names: [String])
  /// Any number of K classes: zeros and ones `[N, K]`.
  case flags(StoredArray, names: [String])
  /// Values of a regression `[N, D]`.
  case values(StoredArray)

  /// The number of rows.
  public var count: Int {
    switch self {
    case .classes(let labels, _): labels.count
    case .flags(let array, _), .values(let array): array.count
    }
  }

  /// The number of values that a model gives for a sample: of classes, or of targets.
  public var width: Int {
    switch self {
    case .classes(_, let names), .flags(_, let names): names.count
    case .values(let array): array.sampleCount
    }
  }

  /// Reads the classes that each sample has, zeros and ones or false and true `[N, K]`.
  public static func flags(_ array: StoredArray, names: [String]? = nil) throws(DataError) -> Targets {
    let width = array.sampleCount
    guard array.shape.count == 2, width > 0, names == nil || names!.count == width else {
      throw DataError(
        array.source, "holds an array of shape \(array.shape)",
        expected: "[N, \(names.map { "\($0.count)" } ?? "K")]: one column for each class")
    }
    var bad: (place: Int, value: Double)?
    array.visit(0..<array.count * width) { place, value in
      if value != 0, value != 1, bad == nil { bad = (place, value) }
    }
    try array.store.checkSize()
    if let (place, value) = bad {
      throw array.problem(
        row: place / width, "holds \(shortNumber(value)) in column \(place % width + 1) of the classes",
        expected: "0 or 1 for each class")
    }
    return .flags(array, names: names ?? (0..<width).map { "\($0)" })
  }

  /// Reads values of a regression, `[N]` or `[N, D]`.
  public static func values(_ array: StoredArray, device: Device) throws(DataError) -> Targets {
    guard array.shape.count <= 2, array.sampleCount > 0 else {
      throw DataError(array.source, "holds targets of shape \(array.shape)", expected: "[N] or [N, D]")
    }
    let scanned = try array.scanned(device: device)
    return .values(array.shape.count == 2 ? scanned : try scanned.withSampleShape([1]))
  }
}
