extension Tensor {
  /// The largest value under each place of a window, as `torch.nn.functional.max_pool2d`; the first of equals gets the
  /// gradient, and a NaN wins.
  ///
  /// Shapes: `[N, C, H, W]` to `[N, C, H', W']` with `H' = (H + 2·padding − kernel) / stride + 1`, rounded down.
  ///
  /// - Parameters:
  ///   - stride: the kernel's size, unless given.
  ///   - padding: at most half the kernel; never wins.
  public func maxPool2d(_ kernel: Pair, stride: Pair? = nil, padding: Pair = 0) -> Tensor {
    let window = poolingWindow("maxPool2d", kernel, stride ?? kernel, padding)
    let (input, x, device) = (shape, detached, device)
    let planes = shape[0] * shape[1]
    let (positions, pixels) = (window.positions, window.pixels)
    let taken = Winners(count: device.isAbstract ? 0 : planes * positions)
    let output = Tensor(shape: [shape[0], shape[1], window.grid.height, window.grid.width], device: device) { out in
      device.parallel(count: planes, cost: positions * window.taps) { range in
        for plane in range {
          let image = x.storage.base + plane * pixels
          window.forEachPosition { position, rows, columns in
            var best = rows.lowerBound * window.image.width + columns.lowerBound
            for y in rows {
              for x in columns {
                let index = y * window.image.width + x
                if image[index] > image[best] || image[index].isNaN { best = index }
              }
            }
            out[plane * positions + position] = image[best]
            taken.base[plane * positions + position] = Int32(best)
          }
        }
      }
    }
    return Tensor.recorded(
      "maxPool2d", as: .maxPool(kernel: kernel, stride: stride ?? kernel, padding: padding), inputs: [self],
      output: output
    ) { gradient in
      [
        Tensor(shape: input, device: device) { dx in
          device.parallel(count: planes, cost: positions + pixels) { range in
            for plane in range {
              let image = dx.baseAddress! + plane * pixels
              image.update(repeating: 0, count: pixels)
              for position in plane * positions..<(plane + 1) * positions {
                image[Int(taken.base[position])] += gradient.storage.base[position]
              }
            }
          }
        }
      ]
    }
  }

  /// The mean under each place of a window, padding counted as zeros, as `torch.nn.functional.avg_pool2d`.
  ///
  /// Shapes: as ``maxPool2d(_:stride:padding:)``.
  ///
  /// - Parameters:
  ///   - stride: the kernel's size, unless given.
  ///   - padding: at most half the kernel.
  public func averagePool2d(_ kernel: Pair, stride: Pair? = nil, padding: Pair = 0) -> Tensor {
    let window = poolingWindow("averagePool2d", kernel, stride ?? kernel, padding)
    return averaged(
      "averagePool2d", as: .averagePool(kernel: kernel, stride: stride ?? kernel, padding: padding),
      over: window.positionList().map { ($0.rows, $0.columns, window.taps) }, window.grid)
  }

  /// Means over a grid of `size` regions that together cover the image, as
  /// `torch.nn.functional.adaptive_avg_pool2d`; size 1 gives the mean of every channel.
  ///
  /// Shapes: `[N, C, H, W]` to `[N, C, size.height, size.width]`.
  public func adaptiveAveragePool2d(_ size: Pair) -> Tensor {
    require(
      rank == 4 && shape[2] > 0 && shape[3] > 0 && size.height > 0 && size.width > 0,
      "adaptiveAveragePool2d: x has shape \(shape), the size is \(size); expected [N, C, H, W] and 1x1 or more")
    func region(_ index: Int, of regions: Int, over length: Int) -> Range<Int> {
      index * length / regions..<((index + 1) * length + regions - 1) / regions
    }
    let regions = (0..<size.height * size.width).map { position in
      let rows = region(position / size.width, of: size.height, over: shape[2])
      let columns = region(position % size.width, of: size.width, over: shape[3])
      return (rows, columns, rows.count * columns.count)
    }
    return averaged("adaptiveAveragePool2d", as: .adaptiveAveragePool, over: regions, size)
  }

  /// Every pixel repeated, as `torch.nn.functional.interpolate(mode="nearest")` with a whole factor.
  ///
  /// Shapes: `[N, C, H, W]` to `[N, C, H·factor.height, W·factor.width]`.
  public func upsampleNearest2d(_ factor: Pair) -> Tensor {
    require(
      rank == 4 && factor.height >= 1 && factor.width >= 1,
      "upsampleNearest2d: x has shape \(shape), the factor is \(factor); expected [N, C, H, W] and 1x1 or more")
    let (input, device, planes) = (shape, device, shape[0] * shape[1])
    let small = Pair(shape[2], shape[3])
    let large = Pair(small.height * factor.height, small.width * factor.width)
    let source = storage
    let output = Tensor(shape: [shape[0], shape[1], large.height, large.width], device: device) { out in
      device.parallel(count: planes * small.height, cost: large.width * factor.height) { range in
        for row in range {
          let first = out.baseAddress! + row * factor.height * large.width
          var at = first
          for x in 0..<small.width {
            let value = source.base[row * small.width + x]
            for _ in 0..<factor.width {
              at.pointee = value
              at += 1
            }
          }
          for y in 1..<factor.height { (first + y * large.width).update(from: first, count: large.width) }
        }
      }
    }
    return Tensor.recorded("upsampleNearest2d", as: .upsample(factor), inputs: [self], output: output) { gradient in
      [
        Tensor(shape: input, device: device) { dx in
          device.parallel(count: planes * small.height, cost: large.width * factor.height) { range in
            for row in range {
              for x in 0..<small.width {
                var sum: Float = 0
                for y in 0..<factor.height {
                  let line = gradient.storage.base + (row * factor.height + y) * large.width + x * factor.width
                  for i in 0..<factor.width { sum += line[i] }
                }
                dx[row * small.width + x] = sum
              }
            }
          }
        }
      ]
    }
  }

  /// ``maxPool2d(_:stride:padding:)`` along a line: `[N, C, L]` to `[N, C, L']`.
  public func maxPool1d(_ kernel: Int, stride: Int? = nil, padding: Int = 0) -> Tensor {
    onLine("maxPool1d") {
      $0.maxPool2d(Pair(1, kernel), stride: Pair(1, stride ?? kernel), padding: Pair(0, padding))
    }
  }

  /// ``averagePool2d(_:stride:padding:)`` along a line: `[N, C, L]` to `[N, C, L']`.
  public func averagePool1d(_ kernel: Int, stride: Int? = nil, padding: Int = 0) -> Tensor {
    onLine("averagePool1d") {
      $0.averagePool2d(Pair(1, kernel), stride: Pair(1, stride ?? kernel), padding: Pair(0, padding))
    }
  }

  /// ``adaptiveAveragePool2d(_:)`` along a line: `[N, C, L]` to `[N, C, size]`.
  public func adaptiveAveragePool1d(_ size: Int) -> Tensor {
    onLine("adaptiveAveragePool1d") { $0.adaptiveAveragePool2d(Pair(1, size)) }
  }

  private func onLine(_ name: String, _ body: (Tensor) -> Tensor) -> Tensor {
    require(rank == 3, "\(name): x has shape \(shape); expected [N, C, L]")
    let y = body(reshaped([shape[0], shape[1], 1, shape[2]]))
    return y.reshaped([y.shape[0], y.shape[1], y.shape[3]])
  }

  private func poolingWindow(_ name: String, _ kernel: Pair, _ stride: Pair, _ padding: Pair) -> ConvolutionWindow {
    require(rank == 4, "\(name): x has shape \(shape); expected [N, C, H, W]")
    require(
      2 * padding.height <= kernel.height && 2 * padding.width <= kernel.width,
      "\(name): the padding \(padding) is more than half the kernel \(kernel)")
    return ConvolutionWindow(
      image: Pair(shape[2], shape[3]), kernel: kernel, stride: stride, padding: padding, dilation: 1, operation: name)
  }

  /// The sum over each region, divided by its third entry.
  private func averaged(
    _ name: StaticString, as operation: Operation,
    over regions: [(rows: Range<Int>, columns: Range<Int>, divisor: Int)], _ grid: Pair
  ) -> Tensor {
    let (input, device, source) = (shape, device, storage)
    let (planes, pixels, width) = (shape[0] * shape[1], shape[2] * shape[3], shape[3])
    let cost = regions.reduce(0) { $0 + $1.rows.count * $1.columns.count }
    let output = Tensor(shape: [shape[0], shape[1], grid.height, grid.width], device: device) { out in
      device.parallel(count: planes, cost: cost) { range in
        for plane in range {
          for (position, region) in regions.enumerated() {
            var sum: Float = 0
            for y in region.rows {
              sum += (source.base + plane * pixels + y * width + region.columns.lowerBound).sum(region.columns.count)
            }
            out[plane * regions.count + position] = sum / Float(region.divisor)
          }
        }
      }
    }
    return Tensor.recorded(name, as: operation, inputs: [self], output: output) { gradient in
      [
        Tensor(shape: input, device: device) { dx in
          device.parallel(count: planes, cost: cost + pixels) { range in
            for plane in range {
              let image = dx.baseAddress! + plane * pixels
              image.update(repeating: 0, count: pixels)
              for (position, region) in regions.enumerated() {
                let share = gradient.storage.base[plane * regions.count + position] / Float(region.divisor)
                for y in region.rows { for x in region.columns { image[y * width + x] += share } }
              }
            }
          }
        }
      ]
    }
  }
}

/// Where in its plane each maximum was found.
private final class Winners {
  let base: UnsafeMutablePointer<Int32>
  init(count: Int) { base = .allocate(capacity: max(1, count)) }
  deinit { base.deallocate() }
}

extension ConvolutionWindow {
  /// The pixels under every position, padding left out.
  fileprivate func positionList() -> [(rows: Range<Int>, columns: Range<Int>)] {
    var list: [(Range<Int>, Range<Int>)] = []
    forEachPosition { list.append(($1, $2)) }
    return list
  }

  @inline(__always)
  fileprivate func forEachPosition(_ body: (_ position: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
    for row in 0..<grid.height {
      let top = row * stride.height - padding.height
      let rows = max(0, top)..<min(top + kernel.height, image.height)
      for column in 0..<grid.width {
        let left = column * stride.width - padding.width
        body(row * grid.width + column, rows, max(0, left)..<min(left + kernel.width, image.width))
      }
    }
  }
}
