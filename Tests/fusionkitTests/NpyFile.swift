import Foundation

/// npy files as numpy.save writes them, valid and not.
enum NpyFile {
  /// Bytes of an array: `descr` as in NumPy, for example `|u1` or `<f4`.
  static func data(_ descr: String, _ shape: [Int], _ values: Data) -> Data {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    return file("{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(sizes)), }", values)
  }

  /// Bytes with any header.
  static func file(_ header: String, _ values: Data) -> Data {
    var text = header
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) % 64) + "\n"
    return Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count & 255), UInt8(text.utf8.count >> 8)])
      + Data(text.utf8) + values
  }

  static func bytes(_ values: [UInt8], _ shape: [Int]) -> Data { data("|u1", shape, Data(values)) }
  static func integers(_ values: [Int], _ shape: [Int]? = nil) -> Data {
    data("<i8", shape ?? [values.count], values.map(Int64.init).withUnsafeBytes { Data($0) })
  }
  static func floats(_ values: [Float], _ shape: [Int]) -> Data {
    data("<f4", shape, values.withUnsafeBytes { Data($0) })
  }
}
