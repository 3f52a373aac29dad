/// One number for the height and one for the width; an integer literal means both.
public struct Pair: Sendable, Equatable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// Vertical.
  public var height: Int
  /// Horizontal.
  public var width: Int

  /// A height and a width.
  public init(_ height: Int, _ width: Int) { (self.height, self.width) = (height, width) }
  /// The same for both.
  public init(_ both: Int) { self.init(both, both) }
  /// The same for both.
  public init(integerLiteral both: Int) { self.init(both) }

  /// `3x5`.
  public var description: String { "\(height)x\(width)" }
}

/// How a kernel slides over an image: one place of the kernel for every position of a grid.
///
/// For a convolution the image is the input and the grid the output; a transposed convolution exchanges them.
struct ConvolutionWindow {
  var image: Pair
  var kernel: Pair
  var stride: Pair
  var padding: Pair
  var dilation: Pair = 1
  var grid: Pair

  /// The window whose grid is as large as the image allows, rounded down as PyTorch does.
  init(image: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, operation: String) {
    func positions(_ axis: KeyPath<Pair, Int>) -> Int {
      let reach = dilation[keyPath: axis] * (kernel[keyPath: axis] - 1) + 1
      let room = image[keyPath: axis] + 2 * padding[keyPath: axis] - reach
      require(
        room >= 0,
        "\(operation): a kernel of \(kernel) with dilation \(dilation) does not fit into an image of \(image) with "
          + "padding \(padding); expected \(reach) or more along each side")
      return room / stride[keyPath: axis] + 1
    }
    Self.checkSizes(kernel, stride, padding, dilation, operation)
    self.init(
      image: image, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
      grid: Pair(positions(\.height), positions(\.width)))
  }

  /// The window of a transposed convolution: the grid is given, the image follows.
  init(grid: Pair, kernel: Pair, stride: Pair, padding: Pair, outputPadding: Pair, dilation: Pair, operation: String) {
    func size(_ axis: KeyPath<Pair, Int>) -> Int {
      (grid[keyPath: axis] - 1) * stride[keyPath: axis] - 2 * padding[keyPath: axis]
        + dilation[keyPath: axis] * (kernel[keyPath: axis] - 1) + outputPadding[keyPath: axis] + 1
    }
    Self.checkSizes(kernel, stride, padding, dilation, operation)
    func isValid(_ axis: KeyPath<Pair, Int>) -> Bool {
      let extra = outputPadding[keyPath: axis]
      return extra >= 0 && (extra < stride[keyPath: axis] || extra < dilation[keyPath: axis])
    }
    require(
      isValid(\.height) && isValid(\.width),
      "\(operation): the output padding \(outputPadding) must be smaller than the stride \(stride) or the dilation "
        + "\(dilation)")
    let image = Pair(size(\.height), size(\.width))
    require(
      image.height > 0 && image.width > 0,
      "\(operation): an input of \(grid) with padding \(padding) leaves an output of \(image); expected 1x1 or more")
    self.init(image: image, kernel: kernel, stride: stride, padding: padding, dilation: dilation, grid: grid)
  }

  private init(image: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, grid: Pair) {
    (self.image, self.kernel, self.stride) = (image, kernel, stride)
    (self.padding, self.dilation, self.grid) = (padding, dilation, grid)
  }

  private static func checkSizes(_ kernel: Pair, _ stride: Pair, _ padding: Pair, _ dilation: Pair, _ name: String) {
    let atLeastOne = [kernel, stride, dilation].allSatisfy { $0.height >= 1 && $0.width >= 1 }
    require(
      atLeastOne && padding.height >= 0 && padding.width >= 0,
      "\(name): kernel \(kernel), stride \(stride) and dilation \(dilation) must be 1 or more, padding \(padding) 0 or "
        + "more")
  }

  var pixels: Int { image.height * image.width }
  var taps: Int { kernel.height * kernel.width }
  var positions: Int { grid.height * grid.width }

  /// Whether every position sees exactly its own pixel: the unfolded image is the image itself.
  var isPointwise: Bool { taps == 1 && stride == 1 && padding == 0 }

  /// The range of grid columns (or rows) for which tap `tap` falls inside the image, and where the first one falls.
  func inside(tap: Int, _ axis: KeyPath<Pair, Int>) -> (range: Range<Int>, first: Int) {
    let step = stride[keyPath: axis]
    let offset = tap * dilation[keyPath: axis] - padding[keyPath: axis]  // where the first position's tap falls
    let low = offset < 0 ? (-offset + step - 1) / step : 0
    let beyond = image[keyPath: axis] - offset
    let high = min(grid[keyPath: axis], beyond <= 0 ? 0 : (beyond + step - 1) / step)
    return low < high ? (low..<high, low * step + offset) : (0..<0, 0)
  }

  /// Writes what each tap sees: image `[channels, height, width]` to columns `[channels · taps, positions]` (im2col).
  func unfold(_ image: UnsafeMutablePointer<Float>, channels: Int, into columns: UnsafeMutablePointer<Float>) {
    forEachTap(channels) { channel, row, rows, firstRow, range, firstColumn in
      let target = columns + row * positions
      target.update(repeating: 0, count: rows.lowerBound * grid.width)
      let after = rows.upperBound * grid.width
      (target + after).update(repeating: 0, count: positions - after)
      for y in rows {
        let line = target + y * grid.width
        let source = image + channel * pixels + (firstRow + (y - rows.lowerBound) * stride.height) * self.image.width
        line.update(repeating: 0, count: range.lowerBound)
        (line + range.upperBound).update(repeating: 0, count: grid.width - range.upperBound)
        if stride.width == 1 {
          (line + range.lowerBound).update(from: source + firstColumn, count: range.count)
        } else {
          var column = firstColumn
          for x in range {
            line[x] = source[column]
            column += stride.width
          }
        }
      }
    }
  }

  /// Adds columns `[channels · taps, positions]` to the pixels that they were seen from: the transpose of ``unfold``.
  func fold(_ columns: UnsafeMutablePointer<Float>, channels: Int, into image: UnsafeMutablePointer<Float>) {
    forEachTap(channels) { channel, row, rows, firstRow, range, firstColumn in
      for y in rows {
        let line = columns + row * positions + y * grid.width
        let target = image + channel * pixels + (firstRow + (y - rows.lowerBound) * stride.height) * self.image.width
        var column = firstColumn
        if stride.width == 1 {
          let shifted = target + firstColumn - range.lowerBound
          for x in range { shifted[x] += line[x] }
        } else {
          for x in range {
            target[column] += line[x]
            column += stride.width
          }
        }
      }
    }
  }

  @inline(__always)
  private func forEachTap(
    _ channels: Int,
    _ body: (
      _ channel: Int, _ row: Int, _ rows: Range<Int>, _ firstRow: Int, _ columns: Range<Int>, _ firstColumn: Int
    ) -> Void
  ) {
    for tapY in 0..<kernel.height {
      let (rows, firstRow) = inside(tap: tapY, \.height)
      for tapX in 0..<kernel.width {
        let (columns, firstColumn) = inside(tap: tapX, \.width)
        for channel in 0..<channels {
          let row = channel * taps + tapY * kernel.width + tapX
          body(channel, row, columns.isEmpty ? 0..<0 : rows, firstRow, columns, firstColumn)
        }
      }
    }
  }
}
