extension Tensor {
  /// Tensors joined along an axis; all other sizes have to be equal.
  public static func concatenated(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    require(!tensors.isEmpty, "concatenated: no tensors, expected at least one")
    let first = tensors[0]
    let position = first.position(ofAxis: axis, in: "concatenated")
    for other in tensors {
      var fitting = other.shape
      if position < other.rank { fitting[position] = first.shape[position] }
      requireFitting(
        fitting == first.shape, tensors,
        "concatenated: shapes \(first.shape) and \(other.shape) differ outside axis \(axis), expected equal sizes there"
      )
    }
    var shape = first.shape
    shape[position] = tensors.reduce(0) { $0 + ($1.rank > position ? $1.shape[position] : 1) }
    let outer = Shape(shape[..<position]).elementCount
    let row = Shape(shape[position...]).elementCount
    let output = Tensor(shape: shape, device: first.device) { values in
      var start = values.baseAddress!
      for tensor in tensors where tensor.count > 0 {
        let (source, length, begin) = (tensor.storage.base, tensor.count / outer, start)
        first.device.forEachBlock(of: outer, size: Swift.max(1, 16384 / length)) { range in
          for o in range { (begin + o * row).update(from: source + o * length, count: length) }
        }
        start += length
      }
    }
    let parts = tensors.map { (size: $0.rank > position ? $0.shape[position] : 1, isTracked: $0.isTracked) }
    return recorded("concatenated", as: .concatenate(axis: position), inputs: tensors, output: output) { gradient in
      var start = 0
      return parts.map { part in
        defer { start += part.size }
        return part.isTracked ? gradient.sliced(start..<start + part.size, axis: position) : nil
      }
    }
  }

  /// Tensors of one shape joined along a new axis.
  public static func stacked(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    concatenated(tensors.map { $0.unsqueezed(axis) }, axis: axis)
  }
}
