extension Tensor {
  /// The rows of this table that `indices` name, as `torch.nn.functional.embedding`.
  ///
  /// Shapes: the table is `[V, D]`, the result `shape + [D]`.
  ///
  /// - Parameters:
  ///   - indices: `0..<V` each, row-major.
  ///   - indexShape: the shape of the indices, `[N, T]` for a batch of sequences; `[count]` if not given.
  ///   - padding: an index whose row gets no gradient.
  public func embedding(_ indices: [Int], shape indexShape: Shape? = nil, padding: Int? = nil) -> Tensor {
    require(rank == 2, "embedding: the table has shape \(shape), expected [V, D]")
    let indexShape = indexShape ?? [indices.count]
    require(
      indexShape.elementCount == indices.count,
      "embedding: \(indices.count) indices cannot have the shape \(indexShape), which holds \(indexShape.elementCount)")
    let (table, width, device) = (detached, shape[1], device)
    if let wrong = indices.first(where: { $0 < 0 || $0 >= shape[0] }) {
      stop("embedding: the index \(wrong) is not in the table of shape \(shape), expected 0 to \(shape[0] - 1)")
    }
    let output = Tensor(shape: indexShape + [width], device: device) { out in
      device.parallel(count: indices.count, cost: width) { range in
        for i in range {
          (out.baseAddress! + i * width).update(from: table.storage.base + indices[i] * width, count: width)
        }
      }
    }
    return Tensor.recorded("embedding", as: .embedding(indices), inputs: [self], output: output) { gradient in
      [
        Tensor(shape: table.shape, device: device) { out in
          out.update(repeating: 0)
          // Threads share the columns: each row of the table adds its parts up in the order of the indices.
          device.parallel(count: width, cost: indices.count) { columns in
            for (i, index) in indices.enumerated() where index != padding {
              let (from, to) = (gradient.storage.base + i * width, out.baseAddress! + index * width)
              for column in columns { to[column] += from[column] }
            }
          }
        }
      ]
    }
  }
}
