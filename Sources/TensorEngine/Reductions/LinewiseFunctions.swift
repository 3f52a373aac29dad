extension Tensor {
  /// A function of each line along an axis, and of the same line of another tensor of this shape.
  ///
  /// `body` finds each line's values side by side: where they are not, 16 neighbouring lines at a time are copied, which
  /// uses whole cache lines.
  func alongLines(
    at position: Int, _ other: Tensor,
    _ body: (
      _ x: UnsafeMutablePointer<Float>, _ other: UnsafeMutablePointer<Float>, _ out: UnsafeMutablePointer<Float>,
      _ length: Int
    ) -> Void
  ) -> Tensor {
    let axis = axis(at: position)
    let length = axis.length
    return Tensor(shape: shape, device: device) { values in
      guard let out = values.baseAddress, !values.isEmpty else { return }
      let (x, y) = (storage.base, other.storage.base)
      guard axis.inner > 1 else {
        return device.forEachBlock(of: axis.outer, size: Swift.max(1, 4096 / length)) { range in
          for line in range { body(x + line * length, y + line * length, out + line * length, length) }
        }
      }
      let width = 16
      // Lines a power of two apart would fight for the same places in the cache.
      let pitch = length + 16
      let strips = (axis.inner + width - 1) / width
      device.forEachBlock(of: axis.outer * strips, size: Swift.max(1, 4096 / (length * width))) { range in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * width * pitch) { scratch in
          let (a, b, c) = (
            scratch.baseAddress!, scratch.baseAddress! + width * pitch, scratch.baseAddress! + 2 * width * pitch
          )
          for strip in range {
            let column = strip % strips * width
            let first = strip / strips * length * axis.inner + column
            let lines = Swift.min(width, axis.inner - column)
            for n in 0..<length {
              for line in 0..<lines {
                a[line * pitch + n] = x[first + n * axis.inner + line]
                b[line * pitch + n] = y[first + n * axis.inner + line]
              }
            }
            for line in 0..<lines { body(a + line * pitch, b + line * pitch, c + line * pitch, length) }
            for n in 0..<length {
              for line in 0..<lines { out[first + n * axis.inner + line] = c[line * pitch + n] }
            }
          }
        }
      }
    }
  }
}
