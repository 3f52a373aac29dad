extension Tensor {
  /// Sets each value to zero with probability `p` and divides the others by `1 − p` (Srivastava et al. 2014), as
  /// `torch.nn.functional.dropout` in training. In evaluation, do not call it.
  ///
  /// Shapes: any, and the same out. Whether value number i is kept depends on the stream and on i alone.
  ///
  /// - Parameters:
  ///   - p: the probability of being dropped, 0 to 1.
  ///   - random: a stream of this pass and this place in the model; see `ForwardPass.random(for:)`.
  public func dropout(_ p: Float, random: RandomStream) -> Tensor {
    require(0...1 ~= p, "dropout: the probability is \(p); expected 0 to 1")
    guard p > 0 else { return self }
    guard !device.isAbstract else {
      return Tensor.noted(
        "dropout", as: .dropout(p), inputs: [self], output: Tensor(abstract: shape, device: device))
    }
    let (count, device, source) = (count, device, storage)
    let mask = Storage(count: count)
    random.fillDropoutMask(mask.values, p, on: device)
    func masked(_ x: Storage) -> Tensor {
      Tensor(shape: shape, device: device) { out in
        device.parallel(count: count, cost: 1) { range in
          for i in range { out[i] = x.base[i] * mask.base[i] }
        }
      }
    }
    return Tensor.recorded("dropout", as: .dropout(p), inputs: [self], output: masked(source)) { [masked($0.storage)] }
  }
}

extension RandomStream {
  /// Zero with probability `p`, else `1 / (1 − p)`.
  func fillDropoutMask(_ mask: UnsafeMutableBufferPointer<Float>, _ p: Float, on device: Device) {
    let kept = 1 / (1 - p)
    let count = mask.count
    device.parallel(count: (count + 3) / 4, cost: 40) { range in
      for block in range {
        let bits = self.block(UInt64(block))
        for lane in 0..<min(4, count - block * 4) {
          // 24 bits fill a float's mantissa: the numbers are even on [0, 1).
          let uniform = Float(bits[lane] >> 8) * 0x1p-24
          mask[block * 4 + lane] = uniform < p ? 0 : kept
        }
      }
    }
  }
}
