import CFusionKernels
import NeuralLayers
import Testing

/// The functions of many numbers of one instruction set.
func rowTable(_ instructions: InstructionSet) throws -> fk_rows {
  var rows: UnsafePointer<fk_rows>?
  #expect(fk_find_rows(instructions.rawValue, &rows) == FK_OK)
  return try #require(rows).pointee
}

/// Numbers that look random and are the same every time.
func noise(_ count: Int, from first: Int = 1) -> [Float] {
  (first..<first + count).map { index in
    let bits = UInt32(truncatingIfNeeded: index) &* 2_654_435_761
    return Float(((bits ^ (bits >> 15)) &* 2_246_822_519) >> 8) * 0x1p-23 - 1
  }
}
