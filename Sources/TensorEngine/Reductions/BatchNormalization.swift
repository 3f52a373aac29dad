/// The mean and variance that batch norm has seen in training and uses in evaluation, each `[C]`.
public struct RunningStatistics {
  /// The running mean.
  public var mean: Tensor
  /// The running unbiased variance.
  public var variance: Tensor

  /// Statistics to start from, in PyTorch zeros and ones.
  public init(mean: Tensor, variance: Tensor) { (self.mean, self.variance) = (mean, variance) }
}

extension Tensor {
  /// Batch norm in training (Ioffe and Szegedy 2015), as `torch.nn.functional.batch_norm(training=True)`: every channel
  /// gets mean 0 and variance 1 over the batch, then `· weight + bias`.
  ///
  /// Shapes: `[N, C]`, `[N, C, L]` or `[N, C, H, W]`, and the same out. The biased variance normalises, the unbiased one
  /// goes into the running statistics. A channel with a single value, which PyTorch refuses, becomes the bias, and its
  /// running variance moves towards 0.
  ///
  /// - Parameters:
  ///   - weight: `[C]`; ones if not given.
  ///   - bias: `[C]`; zeros if not given.
  ///   - running: becomes `(1 − momentum) · running + momentum · batch`.
  public func batchNorm(
    weight: Tensor? = nil, bias: Tensor? = nil, updating running: inout RunningStatistics, momentum: Float = 0.1,
    epsilon: Float = 1e-5
  ) -> Tensor {
    checkBatchNorm(weight, bias, running)
    guard !device.isAbstract else {
      return Tensor.noted(
        "batchNorm", as: .batchNormOfBatch(epsilon: epsilon, hasWeight: weight != nil, hasBias: bias != nil),
        inputs: [self] + [weight, bias].compactMap { $0 }, output: Tensor(abstract: shape, device: device))
    }
    guard count > 0 else { return self }
    guard rank > 2 else {
      return channelsFirst {
        $0.batchNorm(weight: weight, bias: bias, updating: &running, momentum: momentum, epsilon: epsilon)
      }
    }
    let planes = ChannelPlanes(self)
    let (mean, variance) = planes.moments(storage.base)
    let unbiased = Float(planes.perChannel) / Float(Swift.max(planes.perChannel - 1, 1))
    func moved(_ old: Tensor, _ batch: Storage, _ factor: Float) -> Tensor {
      Tensor(shape: old.shape, device: device) { out in
        for c in 0..<out.count {
          out[c] = (1 - momentum) * old.storage.base[c] + momentum * factor * batch.base[c]
        }
      }
    }
    running.mean = moved(running.mean, mean, 1)
    running.variance = moved(running.variance, variance, unbiased)
    return normalized(planes, mean, variance, weight, bias, epsilon, ofThisBatch: true)
  }

  /// Batch norm in evaluation, with given statistics: `(x − mean) / √(variance + epsilon) · weight + bias`, as
  /// `torch.nn.functional.batch_norm(training=False)`.
  ///
  /// Shapes: `[N, C]`, `[N, C, L]` or `[N, C, H, W]`, and the same out; weight and bias `[C]`.
  public func batchNorm(
    weight: Tensor? = nil, bias: Tensor? = nil, using running: RunningStatistics, epsilon: Float = 1e-5
  ) -> Tensor {
    checkBatchNorm(weight, bias, running)
    if let log = device.log, log.isRecording || device.isAbstract {
      let output =
        device.isAbstract
        ? Tensor(abstract: shape, device: device)
        : log.pause { batchNorm(weight: weight, bias: bias, using: running, epsilon: epsilon) }
      return Tensor.noted(
        "batchNorm", as: .batchNorm(epsilon: epsilon, hasWeight: weight != nil, hasBias: bias != nil),
        inputs: [self, running.mean, running.variance] + [weight, bias].compactMap { $0 }, output: output)
    }
    guard rank > 2 else {
      return channelsFirst { $0.batchNorm(weight: weight, bias: bias, using: running, epsilon: epsilon) }
    }
    let (mean, variance) = (running.mean.storage, running.variance.storage)
    return normalized(ChannelPlanes(self), mean, variance, weight, bias, epsilon, ofThisBatch: false)
  }

  /// `[N, C]` as `[1, C, N]` and back: the values of a channel have to be neighbours.
  private func channelsFirst(_ body: (Tensor) -> Tensor) -> Tensor {
    body(transposed().unsqueezed(0)).squeezed(0).transposed()
  }

  private func checkBatchNorm(_ weight: Tensor?, _ bias: Tensor?, _ running: RunningStatistics) {
    require(rank >= 2, "batchNorm: x has shape \(shape); expected [N, C] or [N, C, …]")
    for (name, part) in [
      ("weight", weight), ("bias", bias), ("running mean", running.mean), ("running variance", running.variance),
    ] {
      requireFitting(
        part == nil || part!.shape == [shape[1]], [self] + [part].compactMap { $0 },
        "batchNorm: x has shape \(shape), the \(name) \(part?.shape ?? []); expected the \(name) to be [\(shape[1])]")
    }
  }

  private func normalized(
    _ planes: ChannelPlanes, _ mean: Storage, _ variance: Storage, _ weight: Tensor?, _ bias: Tensor?, _ epsilon: Float,
    ofThisBatch: Bool
  ) -> Tensor {
    let (x, w, device) = (detached, weight?.detached, device)
    let inverse = Storage(count: planes.channels)  // 1 / standard deviation
    for c in 0..<planes.channels { inverse.base[c] = 1 / (variance.base[c] + epsilon).squareRoot() }
    func weightOf(_ channel: Int) -> Float { w.map { $0.storage.base[channel] } ?? 1 }

    let output = Tensor(shape: shape, device: device) { out in
      planes.forEach(on: device) { channel, place in
        let (from, to) = (x.storage.base + place, out.baseAddress! + place)
        let (centre, scale) = (mean.base[channel], inverse.base[channel] * weightOf(channel))
        let shift = bias.map { $0.storage.base[channel] } ?? 0
        for i in 0..<planes.size { to[i] = (from[i] - centre) * scale + shift }
      }
    }
    let wantsX = isTracked
    let inputs = [self] + [weight, bias].compactMap { $0 }
    return Tensor.recorded("batchNorm", inputs: inputs, output: output) { gradient in
      let dy = gradient.storage.base
      // With z = (x − mean) / deviation: dbias = Σ dy, dweight = Σ dy·z,
      // dx = weight / deviation · (dy − mean(dy) − z · mean(dy·z)); the means vanish for given statistics.
      let sums = gradient.channelSums()
      let products = planes.sums(on: device) { channel, place, size in
        (x.storage.base + place).dotDeviations(from: mean.base[channel], dy + place, size) * inverse.base[channel]
      }
      let dx =
        !wantsX
        ? nil
        : Tensor(shape: x.shape, device: device) { out in
          planes.forEach(on: device) { channel, place in
            let (from, above, to) = (x.storage.base + place, dy + place, out.baseAddress! + place)
            let (centre, inverse) = (mean.base[channel], inverse.base[channel])
            let scale = inverse * weightOf(channel)
            let share = ofThisBatch ? 1 / Float(planes.perChannel) : 0
            let (constant, slope) = (sums.storage.base[channel] * share, products.base[channel] * share * inverse)
            for i in 0..<planes.size { to[i] = scale * (above[i] - constant - (from[i] - centre) * slope) }
          }
        }
      let dw = Tensor(shape: [planes.channels], storage: products, device: device)
      return [dx] + (weight == nil ? [] : [dw]) + (bias == nil ? [] : [sums])
    }
  }
}

/// `[N, C, …]` seen as N·C planes of neighbours.
struct ChannelPlanes {
  let samples: Int
  let channels: Int
  let size: Int
  let device: Device
  var perChannel: Int { samples * size }

  init(_ x: Tensor) {
    (samples, channels, size, device) = (x.shape[0], x.shape[1], Shape(x.shape[2...]).elementCount, x.device)
  }

  /// Runs `body` for every plane with its channel and the place of its first value.
  func forEach(on device: Device, _ body: (_ channel: Int, _ place: Int) -> Void) {
    device.parallel(count: samples * channels, cost: size) { range in
      for plane in range { body(plane % channels, plane * size) }
    }
  }

  /// For every channel the sum of `part` over its planes, in order and in double precision.
  func sums(on device: Device, _ part: (_ channel: Int, _ place: Int, _ size: Int) -> Float) -> Storage {
    let result = Storage(count: channels)
    device.parallel(count: channels, cost: perChannel) { range in
      for channel in range {
        let total = (0..<samples).reduce(0.0) { $0 + Double(part(channel, ($1 * channels + channel) * size, size)) }
        result.base[channel] = Float(total)
      }
    }
    return result
  }

  /// The mean and the biased variance of every channel.
  func moments(_ x: UnsafeMutablePointer<Float>) -> (mean: Storage, variance: Storage) {
    let mean = sums(on: device) { _, place, size in (x + place).sum(size) }
    for c in 0..<channels { mean.base[c] /= Float(perChannel) }
    let variance = sums(on: device) { channel, place, size in
      (x + place).squaredDeviations(from: mean.base[channel], size)
    }
    for c in 0..<channels { variance.base[c] /= Float(perChannel) }
    return (mean, variance)
  }
}

extension Tensor {
  /// The sum over everything but channels: `[N, C, …]` to `[C]`.
  func channelSums() -> Tensor {
    let planes = ChannelPlanes(self)
    if planes.size == 1 { return MatrixView(storage.base, planes.samples, planes.channels).columnSums(on: device) }
    let sums = planes.sums(on: device) { (storage.base + $1).sum($2) }
    return Tensor(shape: [planes.channels], storage: sums, device: device)
  }
}
