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

  /// Reads class labels `[N]` or `[N, 1]`.
  ///
  /// - Parameters:
  ///   - names: the classes; nil: as many as the largest label asks for, up to 100,000, named by their number.
  /// - Throws: ``DataError`` that names the first row whose label is not a whole number in range.
  public static func classes(_ array: StoredArray, names: [String]? = nil) throws(DataError) -> Targets {
    guard array.sampleCount == 1 else {
      throw DataError(array.source, "holds labels of shape \(array.shape)", expected: "one label for each sample: [N]")
    }
    let limit = names?.count ?? 100_000
    var labels = [Int32](repeating: 0, count: array.count)
    var bad: (row: Int, value: Double)?
    array.visit(0..<array.count) { row, value in
      if value >= 0, value < Double(limit), value == value.rounded() {
        labels[row] = Int32(value)
      } else if bad == nil {
        bad = (row, value)
      }
    }
    try array.store.checkSize()
    if let (row, value) = bad {
      let text = value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
      throw DataError(
        array.source, "row \(row) has the label \(text)",
        expected: "a whole number from 0 to \(limit - 1)" + (names.map { ", for \($0.count) classes" } ?? ""))
    }
    return .classes(labels: labels, names: names ?? (0...(labels.max() ?? 0)).map { "\($0)" })
  }

  /// Reads the classes that each sample has, zeros and ones `[N, K]`.
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
      throw DataError(
        array.source, "row \(place / width), column \(place % width) holds \(value)", expected: "0 or 1 for each class")
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
