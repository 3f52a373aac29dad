import Foundation

// Random numbers from a stream. Value i of each draw depends on the stream and on i alone; a draw consumes nothing, so
// take one from a stream of its own: `stream.derived("noise").normal([3], device: device)`.

extension RandomStream {
  /// Uniform values between two bounds, ends excluded before rounding.
  public func uniform(_ shape: Shape, lower: Double = 0, upper: Double = 1, device: Device) -> Tensor {
    drawn(shape, device) { bits in
      SIMD4(
        Float(lower + (upper - lower) * share(bits[0])), Float(lower + (upper - lower) * share(bits[1])),
        Float(lower + (upper - lower) * share(bits[2])), Float(lower + (upper - lower) * share(bits[3])))
    }
  }

  /// Normal values: two uniform numbers give two independent normal ones (Box and Muller 1958).
  public func normal(_ shape: Shape, mean: Double = 0, deviation: Double = 1, device: Device) -> Tensor {
    drawn(shape, device) { bits in
      var values = SIMD4<Float>()
      for lane in [0, 2] {
        let radius = deviation * (-2 * log(share(bits[lane]))).squareRoot()
        let angle = 2 * Double.pi * share(bits[lane + 1])
        values[lane] = Float(mean + radius * cos(angle))
        values[lane + 1] = Float(mean + radius * sin(angle))
      }
      return values
    }
  }

  /// One with a probability, else zero.
  public func bernoulli(_ shape: Shape, probability: Double, device: Device) -> Tensor {
    require(0...1 ~= probability, "bernoulli: a probability of \(probability), expected 0 to 1")
    return drawn(shape, device) { bits in
      var values = SIMD4<Float>()
      for lane in 0..<4 where share(bits[lane]) < probability { values[lane] = 1 }
      return values
    }
  }

  /// One index per row, drawn with the row's weights, which need not add up to 1. Shapes: `[N, classes]` to N indices.
  public func categorical(_ weights: Tensor) -> [Int] {
    require(weights.rank == 2, "categorical: weights of shape \(weights.shape), expected [N, classes]")
    let classes = weights.shape[1]
    return (0..<weights.shape[0]).map { row in
      let weights = weights.storage.values[row * classes..<(row + 1) * classes]
      let total = weights.reduce(0) { $0 + Double($1) }
      require(
        total > 0 && total < .infinity && weights.allSatisfy { $0 >= 0 },
        "categorical: weights \(Array(weights)) of row \(row), expected none negative and one above 0")
      let target = share(block(UInt64(row))[0]) * total
      var sum = 0.0
      var chosen = 0
      for (index, weight) in weights.enumerated() where weight > 0 {
        chosen = index
        sum += Double(weight)
        if target < sum { break }
      }
      return chosen
    }
  }

  /// A whole number below `bound`, the one at `position` of the stream: the high half of a 64-bit product.
  public func integer(below bound: Int, at position: Int) -> Int {
    let block = block(UInt64(position))
    let word = UInt64(block[0]) << 32 | UInt64(block[1])
    return Int(word.multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number in 0 ..< 1, the one at `position` of the stream.
  public func uniform(at position: Int) -> Float { Float(block(UInt64(position))[0] >> 8) * 0x1p-24 }

  /// The numbers 0 ..< count in a random order (Fisher and Yates).
  public func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, integer(below: i + 1, at: i)) }
    return order
  }

  /// Four values from each block of the stream.
  private func drawn(
    _ shape: Shape, _ device: Device, _ draw: (_ bits: SIMD4<UInt32>) -> SIMD4<Float>
  ) -> Tensor {
    let result = Tensor(shape: shape, device: device) { values in
      let out = values.baseAddress!
      let count = values.count
      device.forEachBlock(of: (count + 3) / 4, size: 1024) { range in
        for index in range {
          let four = draw(block(UInt64(index)))
          for lane in 0..<min(4, count - index * 4) { out[index * 4 + lane] = four[lane] }
        }
      }
    }
    return Tensor.noted("random", as: .random, inputs: [], output: result)
  }
}

/// A number in the open interval (0, 1).
private func share(_ bits: UInt32) -> Double { (Double(bits) + 0.5) * 0x1p-32 }
