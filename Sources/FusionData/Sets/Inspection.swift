import Foundation
import FusionCore

/// What is in a data set: `fusionkit data inspect`. Encodes to JSON; ``description`` is for people.
public struct Inspection: Codable, Sendable, Equatable, CustomStringConvertible {
  /// An array.
  public struct Array: Codable, Sendable, Equatable {
    /// The modality, or the member of a file.
    public let name: String
    /// The file.
    public let file: String
    /// All sizes, samples first.
    public let shape: [Int]
    /// The stored type, as NumPy names it; `text`.
    public let type: String
    /// The smallest value; nil for text.
    public let minimum: Double?
    /// The largest value; nil for text.
    public let maximum: Double?
    /// How many samples lack the modality; nil where nothing says that any does.
    public var missing: Int?
    /// How many different texts there are; nil for numbers.
    public var different: Int?
  }

  /// A part.
  public struct Part: Codable, Sendable, Equatable {
    /// `train` or `test`.
    public let name: String
    /// The number of samples.
    public let samples: Int
    /// What a sample consists of.
    public let arrays: [Array]
    /// The number of samples of each class; empty without labels.
    public let classCounts: [Int]
  }

  /// Whether a file is the one that the recipe tells of.
  public enum Checksum: String, Codable, Sendable {
    case same, different, missing
  }

  /// What was looked at.
  public let path: String
  /// The parts of a data set; empty for a single file.
  public let parts: [Part]
  /// The arrays of a single file.
  public let arrays: [Array]
  /// The columns of a table.
  public let table: TableSummary?
  /// How the data set was made, where that is recorded.
  public let recipe: Recipe?
  /// The comparison with the recipe, by file; empty unless asked for.
  public let checksums: [String: Checksum]

  /// Looks at a folder in the layout of ``AVMNISTDataset`` or ``WrittenSpokenDataset``, or at a single npy, npz, safetensors, CSV or IDX file.
  ///
  /// - Parameters:
  ///   - verifies: whether to compare every file's SHA-256 with the recipe's.
  ///   - header: whether the first row of a table names its columns.
  public init(
    of path: String, verifies: Bool = false, header: TableHeader = .auto, device: Device
  ) throws(DataError) {
    self.path = path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw DataError(path, "there is no such file or folder")
    }
    guard isFolder.boolValue else {
      parts = []
      recipe = nil
      checksums = [:]
      let reference = ArrayReference(path: path)
      if reference.isTable {
        let found = try reference.openTable(header: header)
        try found.checkMalformedNumbers()
        table = try TableSummary(found)
        // As a whole it is an array only where all of it is numbers.
        let isArray = found.tallies.allSatisfy { $0.missing == 0 && ($0.isNumeric || $0.isTruthWhereKnown) }
        arrays = isArray ? [try Self.look(at: found.numbers(columns: found.columns("")), "array", device)] : []
      } else {
        table = nil
        arrays = try Self.arrays(of: reference, device)
      }
      return
    }
    let found = DigitLayout.all.lazy.map { ($0, $0.modalities(in: path)) }.first { !$0.1.isEmpty }
    guard let (layout, modalities) = found else {
      throw DataError(
        path, "is no data set in the layout of \(DigitLayout.all.map(\.dataset).joined(separator: " or "))",
        expected:
          "\(DigitLayout.all.map { $0.array("image", "train") }.joined(separator: " or ")) and so on; or the path of "
          + "a single file")
    }
    let dataset = try layout.open(root: path, modalities: modalities, needsAll: false).refusingEmptySamples()
    parts = try dataset.splits.mapGathering { split throws(DataError) in
      let arrays = try split.modalities.mapGathering { modality throws(DataError) in
        try Self.look(at: modality.array, modality.name, presence: modality.presence, device)
      }
      return Part(name: split.name, samples: split.count, arrays: arrays, classCounts: split.classCounts)
    }
    arrays = []
    table = nil
    recipe = try Recipe.read(folder: path)
    var checksums: [String: Checksum] = [:]
    if verifies {
      for (file, digest) in recipe?.files ?? [:] {
        let isThere = FileManager.default.fileExists(atPath: "\(path)/\(file)")
        checksums[file] = try !isThere ? .missing : SHA256.of(file: "\(path)/\(file)") == digest ? .same : .different
      }
    }
    self.checksums = checksums
  }

  /// The arrays of a file that is no table, each looked at once.
  private static func arrays(of reference: ArrayReference, _ device: Device) throws(DataError) -> [Array] {
    switch reference.kind {
    case .npz:
      return try Npz(opening: reference.path).mapMembers { name, store, source throws(DataError) in
        if let words = try Npy.text(in: store, source: source) { return look(at: words, name, source) }
        return try look(at: Npy.parse(store, source: source), name, device)
      }
    case .safetensors:
      let file = try SafeTensors(opening: reference.path)
      return try file.names.filter { file[$0]?.shape.isEmpty == false }.mapGathering { name throws(DataError) in
        try look(at: file[name]!, name, device)
      }
    default:
      if let words = try reference.text() { return [look(at: words, "array", reference.path)] }
      return [try look(at: reference.open(), "array", device)]
    }
  }

  private static func look(at words: [String], _ name: String, _ file: String) -> Array {
    Array(
      name: name, file: file, shape: [words.count], type: "text", minimum: nil, maximum: nil,
      different: Set(words).count)
  }

  private static func look(
    at array: StoredArray, _ name: String, presence: PresenceMask? = nil, _ device: Device
  ) throws(DataError) -> Array {
    let range = try array.scanned(device: device, always: true, presence: presence).valueRange ?? 0...0
    return Array(
      name: name, file: array.source, shape: array.shape, type: array.elementType.rawValue, minimum: range.lowerBound,
      maximum: range.upperBound, missing: presence.map { array.count - $0.presentCount })
  }

  /// A paragraph for each part, then the recipe.
  public var description: String {
    var lines = [path.printable + (recipe?.generated == true ? "   (generated by formula)" : "")]
    func line(_ array: Array) -> String {
      let values =
        if let low = array.minimum, let high = array.maximum {
          "values \(Self.short(low)) to \(Self.short(high))"
        } else {
          "\(array.different ?? 0) different"
        }
      return "  \(array.name.printable): \(array.type) \(array.shape), \(values)"
        + (array.missing.map { ", missing in \(counted($0, "sample"))" } ?? "")
    }
    for part in parts {
      lines.append("\(part.name): \(counted(part.samples, "sample"))")
      lines += part.arrays.map(line)
      if !part.classCounts.isEmpty {
        lines.append("  classes: " + part.classCounts.enumerated().map { "\($0): \($1)" }.joined(separator: ", "))
      }
    }
    lines += arrays.map(line)
    if let table {
      lines.append(
        "  table: \(counted(table.rows, "row")) of \(counted(table.columns.count, "column")), header: "
          + (table.header ? "the first row names the columns" : "none"))
      lines += table.columns.prefix(Self.mostColumns).map { "  " + $0.line }
      let more = table.columns.count - Self.mostColumns
      if more > 0 { lines.append("  … and \(counted(more, "more column")) (--json shows all)") }
    }
    if let recipe {
      lines.append("recipe: \(recipe.made)")
      lines +=
        recipe.options.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        + recipe.description.map { "  \($0)" }
    }
    for (file, checksum) in checksums.sorted(by: { $0.key < $1.key }) {
      lines.append("checksum of \(file): " + (checksum == .same ? "as in the recipe" : checksum.rawValue))
    }
    return lines.joined(separator: "\n")
  }

  /// How many columns of a table are shown to people.
  private static let mostColumns = 40

  private static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : String(format: "%.6g", value)
  }
}
