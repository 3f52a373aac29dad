// Tensors from a formula.

extension Tensor {
  /// All zero.
  public static func zeros(_ shape: Shape, device: Device) -> Tensor {
    Tensor(repeating: 0, shape: shape, device: device)
  }

  /// All one.
  public static func ones(_ shape: Shape, device: Device) -> Tensor {
    Tensor(repeating: 1, shape: shape, device: device)
  }

  /// `start`, `start + step`, … as long as it is below `end` (above, for a negative step).
  public static func arange(_ start: Float, _ end: Float, step: Float = 1, device: Device) -> Tensor {
    require(step != 0, "arange: a step of 0, expected another")
    let count = Swift.max(0, Int(((Double(end) - Double(start)) / Double(step)).rounded(.up)))
    return Tensor((0..<count).map { Float(Double(start) + Double($0) * Double(step)) }, shape: [count], device: device)
  }

  /// 0, 1, … as long as it is below `end`.
  public static func arange(_ end: Float, device: Device) -> Tensor { arange(0, end, device: device) }

  /// Ones on the diagonal of `[rows, columns]`, else zeros; square if no columns are given.
  public static func eye(_ rows: Int, _ columns: Int? = nil, device: Device) -> Tensor {
    let columns = columns ?? rows
    return Tensor(shape: [rows, columns], device: device) { values in
      values.update(repeating: 0)
      for i in 0..<Swift.min(rows, columns) { values[i * columns + i] = 1 }
    }
  }

  /// One row per index, with a one at the index, else zeros: `[N, classes]`.
  public static func oneHot(_ indices: [Int], classes: Int, device: Device) -> Tensor {
    Tensor(shape: [indices.count, classes], device: device) { values in
      values.update(repeating: 0)
      for (row, index) in indices.enumerated() {
        require(0..<classes ~= index, "oneHot: index \(index), expected one in 0..<\(classes)")
        values[row * classes + index] = 1
      }
    }
  }
}
