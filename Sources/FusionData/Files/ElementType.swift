/// The types of stored numbers, named as NumPy names them.
public enum ElementType: String, Sendable, CaseIterable, Codable {
  case bool, uint8, int8, uint16, int16, uint32, int32, uint64, int64, float16, bfloat16, float32, float64

  /// The size of one number.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }

  /// Whether values may have fractions, be infinite or not a number.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  /// NumPy's letter and size, for example `f4`; nil for bfloat16, which NumPy lacks.
  var numpyCode: String? {
    switch self {
    case .bool: "b1"
    case .bfloat16: nil
    case .float16, .float32, .float64: "f\(byteCount)"
    case .uint8, .uint16, .uint32, .uint64: "u\(byteCount)"
    case .int8, .int16, .int32, .int64: "i\(byteCount)"
    }
  }

  /// The name in a safetensors header, for example `F32`.
  var safeTensorsName: String {
    switch self {
    case .bool: "BOOL"
    case .bfloat16: "BF16"
    case .float16, .float32, .float64: "F\(byteCount * 8)"
    case .uint8, .uint16, .uint32, .uint64: "U\(byteCount * 8)"
    case .int8, .int16, .int32, .int64: "I\(byteCount * 8)"
    }
  }
}
