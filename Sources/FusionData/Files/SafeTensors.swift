import Foundation
import FusionCore

/// A safetensors file (huggingface/safetensors): the length of a JSON header, the header, then the tensors' bytes.
public struct SafeTensors: Sendable {
  /// The file.
  public let path: String
  /// The tensors' names, in the order of their bytes.
  public let names: [String]
  /// The `__metadata__` of the header: text by key.
  public let metadata: [String: String]
  private let arrays: [String: StoredArray]
  let store: ByteStore

  /// As in the reference implementation.
  private static let headerLimit = 100_000_000

  /// Opens a file; the tensors' values stay there.
  ///
  /// - Throws: ``DataError`` for headers that are too long or not JSON, unknown types, and offsets that lie outside the
  ///   file, overlap, leave gaps, or do not fit their tensor's shape; all of those at once. Names that occur twice and
  ///   numbers that are not whole are refused.
  public init(opening path: String) throws(DataError) {
    let store = try ByteStore(mapping: path)
    let bytes = store.bytes
    guard bytes.count >= 8 else { throw DataError(path, "is truncated: \(counted(bytes.count, "byte"))") }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(Self.headerLimit) else {
      throw DataError(
        path, "is not a safetensors file: it announces an absurd header of \(length) bytes",
        expected: "at most \(counted(Self.headerLimit, "byte"))")
    }
    guard Int(length) <= bytes.count - 8 else {
      throw DataError(
        path, "is truncated within its header",
        expected: "a header of \(counted(Int(length), "byte")), or another kind of file")
    }
    let start = 8 + Int(length)
    let header: [String: HeaderEntry]
    do {
      header = try JSONDecoder().decode([String: HeaderEntry].self, from: Data(bytes[8..<start]))
    } catch {
      throw DataError(
        path, "has a header that is not valid: \(jsonProblem(error))",
        expected: "a JSON object of names with dtype, shape and data_offsets")
    }
    if let problem = SafeTensorsHeaderCheck.problem(in: UnsafeRawBufferPointer(rebasing: bytes[8..<start])) {
      throw DataError(
        path, "has a header that \(problem)", expected: "every name once, and sizes and offsets in whole numbers")
    }
    var tensors: [(name: String, tensor: HeaderEntry.Tensor)] = []
    var metadata: [String: String] = [:]
    for (name, entry) in header {
      switch entry {
      case .tensor(let tensor) where name != "__metadata__": tensors.append((name, tensor))
      case .metadata(let text) where name == "__metadata__": metadata = text
      default: throw DataError(path, "has a header whose entry '\(name.excerpt())' is not a tensor")
      }
    }
    tensors.sort { ($0.tensor.begin, $0.tensor.end, $0.name) < ($1.tensor.begin, $1.tensor.end, $1.name) }
    var errors: [DataError] = []
    var arrays: [String: StoredArray] = [:]
    var end = 0
    for (name, tensor) in tensors {
      do throws(DataError) {
        arrays[name] = try tensor.array(name, store: store, start: start, expectedBegin: end)
      } catch {
        errors.append(error)
      }
      end = max(end, tensor.end)
    }
    if errors.isEmpty, end != bytes.count - start {
      errors.append(
        DataError(path, "holds \(counted(bytes.count - start - end, "byte")) after its last tensor", expected: "none"))
    }
    try store.checkSize()
    guard errors.isEmpty else { throw DataError(gathering: errors) }
    self.path = path
    self.store = store
    self.metadata = metadata
    self.arrays = arrays
    names = tensors.map(\.name)
  }

  /// The tensor of this name.
  public subscript(name: String) -> StoredArray? { arrays[name] }
}

/// One value of the header's object.
private enum HeaderEntry: Decodable {
  struct Tensor: Decodable {
    let dtype: String
    let shape: [Int]
    let data_offsets: [Int]
    var begin: Int { data_offsets.first ?? 0 }
    var end: Int { data_offsets.last ?? 0 }

    func array(
      _ name: String, store: ByteStore, start: Int, expectedBegin: Int
    ) throws(DataError) -> StoredArray {
      let source = "\(store.path):\(name.excerpt())"
      guard let type = ElementType.allCases.first(where: { $0.safeTensorsName == dtype }) else {
        throw DataError(
          source, "has the unknown type '\(dtype.excerpt())'",
          expected: ElementType.allCases.map(\.safeTensorsName).joined(separator: ", "))
      }
      let room = store.bytes.count - start
      guard data_offsets.count == 2, 0 <= begin, begin <= end, end <= room else {
        throw DataError(
          source, "has the offsets \(data_offsets), outside the \(counted(room, "byte")) of data",
          expected: "a whole file, with a begin and an end within it")
      }
      guard begin == expectedBegin else {
        throw DataError(
          source, begin < expectedBegin ? "overlaps the tensor before it" : "leaves a gap behind the tensor before it",
          expected: "begin at \(expectedBegin), not \(begin)")
      }
      guard checkedProduct(shape + [type.byteCount]) == end - begin else {
        throw DataError(source, "has \(counted(end - begin, "byte")), which do not fit its shape \(shape) of \(dtype)")
      }
      return try StoredArray(source: source, store: store, offset: start + begin, elementType: type, shape: shape)
    }
  }
  case tensor(Tensor)
  case metadata([String: String])

  init(from decoder: any Swift.Decoder) throws {
    if let text = try? [String: String](from: decoder) {
      self = .metadata(text)
    } else {
      self = .tensor(try Tensor(from: decoder))
    }
  }
}
