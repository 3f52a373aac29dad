/// A convolution's three products, on all threads. In the words of ``ConvolutionWindow`` its weight
/// `[grid channels, image channels / groups, kernel height, kernel width]` leads from an image to a grid; the transpose
/// leads back. `conv2d` goes forward with the first and backward with the second, `convTranspose2d` the other way round.
struct ConvolutionProducts {
  let window: ConvolutionWindow
  let samples: Int
  let imageChannels: Int
  let gridChannels: Int
  let groups: Int
  let device: Device

  private var imageGroup: Int { imageChannels / groups }
  private var gridGroup: Int { gridChannels / groups }
  /// Rows of the unfolded image of one group.
  private var depth: Int { imageGroup * window.taps }
  private var weightCount: Int { gridChannels * depth }

  /// grid = weight · unfold(image) + bias.
  func grid(from image: Tensor, _ weight: Tensor, bias: Tensor?) -> Tensor {
    let shape = [samples, gridChannels, window.grid.height, window.grid.width]
    return Tensor(shape: shape, device: device) { out in
      forEachGroup(units: samples) { _, sample, group, scratch in
        let columns = unfolded(image, sample, group, scratch)
        let firstChannel = group * gridGroup
        let y = out.baseAddress! + (sample * gridChannels + firstChannel) * window.positions
        if let bias {
          for channel in 0..<gridGroup {
            let value = bias.storage.base[firstChannel + channel]
            (y + channel * window.positions).update(repeating: value, count: window.positions)
          }
        }
        MatrixView(y, gridGroup, window.positions)
          .assign(matrix(weight, group), times: columns, keep: bias == nil ? 0 : 1)
      }
    }
  }

  /// image = fold(weightᵀ · grid) + bias.
  func image(from grid: Tensor, _ weight: Tensor, bias: Tensor?) -> Tensor {
    let shape = [samples, imageChannels, window.image.height, window.image.width]
    return Tensor(shape: shape, device: device) { out in
      forEachGroup(units: samples) { _, sample, group, scratch in
        let columns = MatrixView(scratch, depth, window.positions)
        columns.assign(matrix(weight, group).transposed, times: gridMatrix(grid, sample, group))
        let firstChannel = group * imageGroup
        let image = out.baseAddress! + (sample * imageChannels + firstChannel) * window.pixels
        for channel in 0..<imageGroup {
          let value = bias.map { $0.storage.base[firstChannel + channel] } ?? 0
          (image + channel * window.pixels).update(repeating: value, count: window.pixels)
        }
        window.fold(scratch, channels: imageGroup, into: image)
      }
    }
  }

  /// The weight's gradient Σ grid · unfold(image)ᵀ. Each of a few runs of samples adds up its own part, then the parts
  /// are added in order.
  func weightGradient(image: Tensor, grid: Tensor, shape: Shape) -> Tensor {
    let units = max(1, min(samples, 16, (1 << 22) / max(weightCount, 1)))
    let parts = Storage(count: units * weightCount)
    let started = UnsafeMutableBufferPointer<Bool>.allocate(capacity: units * groups)
    started.initialize(repeating: false)
    defer { started.deallocate() }
    if samples == 0 { parts.values.update(repeating: 0) }
    forEachGroup(units: units) { unit, sample, group, scratch in
      let columns = unfolded(image, sample, group, scratch)
      MatrixView(parts.base + unit * weightCount + group * gridGroup * depth, gridGroup, depth).assign(
        gridMatrix(grid, sample, group), times: columns.transposed, keep: started[unit * groups + group] ? 1 : 0)
      started[unit * groups + group] = true
    }
    let sums = MatrixView(parts.base, units, weightCount).columnSums(on: device)
    return Tensor(shape: shape, storage: sums.storage, device: device)
  }

  private func matrix(_ weight: Tensor, _ group: Int) -> MatrixView {
    MatrixView(weight.storage.base + group * gridGroup * depth, gridGroup, depth)
  }

  private func gridMatrix(_ grid: Tensor, _ sample: Int, _ group: Int) -> MatrixView {
    let base = grid.storage.base + (sample * gridChannels + group * gridGroup) * window.positions
    return MatrixView(base, gridGroup, window.positions)
  }

  private func unfolded(
    _ image: Tensor, _ sample: Int, _ group: Int, _ scratch: UnsafeMutablePointer<Float>
  ) -> MatrixView {
    let base = image.storage.base + (sample * imageChannels + group * imageGroup) * window.pixels
    guard !window.isPointwise else { return MatrixView(base, depth, window.positions) }
    window.unfold(base, channels: imageGroup, into: scratch)
    return MatrixView(scratch, depth, window.positions)
  }

  /// Deals the samples out to at most `units` runs of neighbours, 16 runs at most, each with scratch space for one
  /// unfolded group.
  private func forEachGroup(
    units wanted: Int,
    _ body: (_ unit: Int, _ sample: Int, _ group: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    let units = min(wanted, 16)
    device.parallel(units: units) { unit in
      let scratch = UnsafeMutablePointer<Float>.allocate(capacity: max(1, depth * window.positions))
      defer { scratch.deallocate() }
      for sample in unit * samples / units..<(unit + 1) * samples / units {
        for group in 0..<groups { body(unit, sample, group, scratch) }
      }
    }
  }
}
