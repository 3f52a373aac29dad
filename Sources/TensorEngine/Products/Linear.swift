extension Tensor {
  /// `x · weightᵀ + bias` over the last dimension, as `torch.nn.functional.linear`.
  ///
  /// Shapes: `[…, in]` to `[…, out]`.
  ///
  /// - Parameters:
  ///   - weight: `[out, in]`.
  ///   - bias: `[out]`, if there is one.
  public func linear(_ weight: Tensor, bias: Tensor? = nil) -> Tensor {
    require(weight.rank == 2, "linear: the weight has shape \(weight.shape), expected [out, in]")
    let outputs = weight.shape[0]
    let inputs = weight.shape[1]
    requireFitting(
      shape.last == inputs, [self, weight],
      "linear: x has shape \(shape), the weight \(weight.shape); expected x to end in \(inputs), the weight's inputs")
    require(
      bias == nil || bias!.shape == [outputs],
      "linear: the bias has shape \(bias?.shape ?? []), the weight \(weight.shape); expected the bias to be [\(outputs)]"
    )
    let rows = inputs == 0 ? Shape(shape.dropLast()).elementCount : count / inputs
    let (x, w, b, device) = (detached, weight.detached, bias?.detached, device)

    let output = Tensor(shape: (rank == 0 ? [] : shape.dropLast()) + [outputs], device: device) { out in
      let y = MatrixView(out.baseAddress!, rows, outputs)
      y.assign(
        MatrixView(x.storage.base, rows, inputs), times: MatrixView(w.storage.base, outputs, inputs).transposed,
        bias: b.map { UnsafePointer($0.storage.base) }, on: device)
    }
    let (wantsX, wantsWeight, wantsBias) = (isTracked, weight.isTracked, bias?.isTracked ?? false)
    return Tensor.recorded(
      "linear", as: .linear, inputs: [self, weight] + (bias.map { [$0] } ?? []), output: output
    ) { gradient in
      let dy = MatrixView(gradient.storage.base, rows, outputs)
      let dx =
        wantsX
        ? Tensor(shape: x.shape, device: device) {
          MatrixView($0.baseAddress!, rows, inputs)
            .assign(dy, times: MatrixView(w.storage.base, outputs, inputs), on: device)
        } : nil
      let dw =
        wantsWeight
        ? Tensor(shape: w.shape, device: device) {
          MatrixView($0.baseAddress!, outputs, inputs)
            .assign(dy.transposed, times: MatrixView(x.storage.base, rows, inputs), on: device)
        } : nil
      let db = wantsBias ? dy.columnSums(on: device) : nil
      return b == nil ? [dx, dw] : [dx, dw, db]
    }
  }
}

extension MatrixView {
  /// The sum of every column. Sums of 64 rows are added to a total, which keeps the rounding error of long columns low.
  func columnSums(on device: Device) -> Tensor {
    Tensor(shape: [columns], device: device) { out in
      let total = out.baseAddress!
      device.parallel(units: (columns + 255) / 256) { unit in
        let range = unit * 256..<min(unit * 256 + 256, columns)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { partial in
          let part = partial.baseAddress!
          for column in range { total[column] = 0 }
          for first in stride(from: 0, to: rows, by: 64) {
            part.update(repeating: 0, count: range.count)
            for row in first..<min(first + 64, rows) {
              let source = base + row * pitch + range.lowerBound
              for i in 0..<range.count { part[i] += source[i] }
            }
            for i in 0..<range.count { total[range.lowerBound + i] += part[i] }
          }
        }
      }
    }
  }
}
