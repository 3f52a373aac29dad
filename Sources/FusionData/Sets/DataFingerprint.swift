import FusionCore
import Foundation

/// What tells whether an array is still the one that it was: its form, and a digest of its content.
///
/// Where the array lies does not count: data may move, or come from another kind of file.
public struct DataFingerprint: Codable, Sendable, Equatable {
  /// `train`, `validation` or `test`.
  public var part: String
  /// The modality, `KEY.present` for what tells who has it, or `(targets)`.
  public var array: String
  /// The file, with `:member` for a part of one; nil where it is not known.
  public var file: String?
  /// When the file was last changed, as ISO 8601 writes it. Never compared by itself: copies have another time.
  public var modified: String?
  /// The stored type, or the number of classes and a digest of their names.
  public var type: String
  /// All sizes, samples first.
  public var shape: [Int]
  /// The size of the values.
  public var bytes: Int
  /// The SHA-256 of the type, the shape and a sample of the values: all of them up to 1 MiB, else 256 blocks of 4 KiB at
  /// equal distances from the first to the last.
  public var sample: String
  /// The SHA-256 of the type, the shape and all values, where that was asked for.
  public var content: String?

  /// Whether the sample is all of the values.
  public var isWhole: Bool { bytes <= Self.sampleLimit }

  /// How many bytes are looked at where not all are.
  private static let (sampleLimit, block, blocks) = (1 << 20, 4096, 256)

  fileprivate init(
    _ part: String, _ array: String, file: String?, type: String, shape: [Int], of values: UnsafeRawBufferPointer,
    whole: Bool, block: (Range<Int>) -> [UInt8]? = { _ in nil }
  ) {
    (self.part, self.array, self.file, self.type, self.shape) = (part, array, file, type, shape)
    modified = file.flatMap(Self.modificationTime)
    bytes = values.count
    let form = "\(type) \(shape)"
    let isWhole = values.count <= Self.sampleLimit
    let step = Double(values.count - Self.block) / Double(Self.blocks - 1)
    sample = Self.digest(form) { hash in
      guard !isWhole else { return hash.update(values) }
      for place in 0..<Self.blocks {
        let start = Int(Double(place) * step)
        let range = start..<start + Self.block
        if let bytes = block(range) {
          bytes.withUnsafeBytes { hash.update($0) }
        } else {
          hash.update(UnsafeRawBufferPointer(rebasing: values[range]))
        }
      }
    }
    content = whole ? isWhole ? sample : Self.digest(form) { $0.update(values) } : nil
  }

  private static func digest(_ form: String, _ add: (SHA256) -> Void) -> String {
    let hash = SHA256()
    Array(form.utf8).withUnsafeBytes { hash.update($0) }
    add(hash)
    return hash.finish()
  }

  private static func modificationTime(_ source: String) -> String? {
    // A member's name may hold colons as well as the file's.
    var path = source[...]
    while true {
      if let time = try? FileManager.default.attributesOfItem(atPath: String(path))[.modificationDate] as? Date {
        return time.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
      }
      guard let colon = path.lastIndex(of: ":") else { return nil }
      path = path[..<colon]
    }
  }

  /// What is different from another fingerprint of the same array, in words; nil: nothing.
  ///
  /// - Parameter earlier: the one that was recorded.
  public func difference(from earlier: DataFingerprint) -> String? {
    if shape != earlier.shape {
      let (now, before) = (shape.first ?? 0, earlier.shape.first ?? 0)
      guard now == before else { return "has \(counted(now, "sample")), it had \(counted(before, "sample"))" }
      return "has the shape \(shape), it had \(earlier.shape)"
    }
    if type != earlier.type { return "is of another type: \(type), it was \(earlier.type)" }
    if sample != earlier.sample { return "holds other values" }
    if let content, let before = earlier.content, content != before { return "holds other values in some places" }
    return nil
  }
}

extension Dataset {
  /// The fingerprints of all arrays of all parts; an array that two parts share counts for the first.
  ///
  /// - Parameter needsContent: whether the digest of all values is needed too, of an array whose other values are known.
  /// - Throws: ``DataError`` where a file cannot be read any more.
  public func fingerprints(
    needsContent: (DataFingerprint) -> Bool = { _ in false }
  ) throws(DataError) -> [DataFingerprint] {
    var result: [DataFingerprint] = []
    var seen: Set<StoredArray.Place> = []
    for split in splits {
      for modality in split.modalities where seen.insert(modality.array.place).inserted {
        result.append(try modality.array.fingerprint(split.name, modality.name, needsContent))
        guard let mask = modality.presence else { continue }
        let print = mask.isPresent.withUnsafeBytes { bytes in
          DataFingerprint(
            split.name, modality.name + ".present", file: mask.source, type: "present", shape: [mask.isPresent.count],
            of: bytes, whole: true)
        }
        result.append(print)
      }
      switch split.targets {
      case .classes(let labels, let names):
        let type = "\(names.count) classes, \(SHA256.of(names.joined(separator: "\n")).prefix(16))"
        let print = labels.withUnsafeBytes { bytes in
          DataFingerprint(
            split.name, "(targets)", file: nil, type: type, shape: [labels.count], of: bytes, whole: true)
        }
        result.append(print)
      case .flags(let array, _), .values(let array):
        guard seen.insert(array.place).inserted else { break }
        result.append(try array.fingerprint(split.name, "(targets)", needsContent))
      case nil: break
      }
    }
    return result
  }
}

extension StoredArray {
  /// Two arrays at one place are one.
  fileprivate struct Place: Hashable {
    let store: ObjectIdentifier
    let offset: Int
  }

  fileprivate var place: Place { Place(store: ObjectIdentifier(store), offset: offset) }

  fileprivate func fingerprint(
    _ part: String, _ name: String, _ needsContent: (DataFingerprint) -> Bool
  ) throws(DataError) -> DataFingerprint {
    try store.reading { () throws(DataError) in
      let count = shape.elementCount * elementType.byteCount
      let values = UnsafeRawBufferPointer(rebasing: store.bytes[offset..<offset + count])
      // A few blocks are read, not looked at in the mapping: each look may bring megabytes of the file into memory.
      func look(whole: Bool) -> DataFingerprint {
        DataFingerprint(
          part, name, file: source, type: elementType.rawValue + (isBigEndian ? ", big endian" : ""), shape: shape,
          of: values, whole: whole, block: { store.read($0.lowerBound + offset..<$0.upperBound + offset) })
      }
      let sampled = look(whole: false)
      return needsContent(sampled) ? look(whole: true) : sampled
    }
  }
}
