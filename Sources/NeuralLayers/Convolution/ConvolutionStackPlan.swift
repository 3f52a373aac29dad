import CFusionKernels
import TensorEngine

extension ConvolutionStack {
  /// What a stack would be, found without allocating anything: a row for every block that fits, and what is wrong.
  public struct Plan: Sendable {
    /// One block.
    public struct Layer: Sendable, Equatable {
      /// In a few words, for example `conv 3x3, batch norm, relu, max pool 2`.
      public let kind: String
      /// The shape of its output for one sample, `[C, H, W]`.
      public let output: Shape
      /// The number of trained values.
      public let parameters: Int
      /// Floating-point operations of the convolution for one sample, a multiplication and an addition counted as two.
      public let flops: Int
      /// What runs it: `lanes, fused`, `lanes, same size` or `lanes, general`.
      public let path: String
      /// How many values of a channel its batch norm sees of one sample; nil: it has none.
      public let normalised: Int?
    }

    /// Something wrong; `block` counts from 0, and is nil where the input or the machine is to blame.
    public struct Issue: Sendable, Equatable {
      /// The block to blame.
      public let block: Int?
      /// What is wrong and what was expected.
      public let message: String
    }

    /// The blocks up to the first that does not fit.
    public fileprivate(set) var layers: [Layer] = []
    /// Everything that is wrong.
    public fileprivate(set) var issues: [Issue] = []
    /// The shape of the result for one sample, `[C, H, W]`; nil if something is wrong.
    public var output: Shape? { issues.isEmpty ? layers.last?.output : nil }
  }

  /// The shape of the result for one sample, `[C, H, W]`; nil if something is wrong, see ``plan(_:input:)``.
  public static func outputShape(_ blocks: [ConvolutionBlock], input: Shape) -> Shape? {
    plan(blocks, input: input).output
  }

  /// Shapes, costs and problems of a stack for samples of shape `input`, `[C, H, W]`.
  public static func plan(_ blocks: [ConvolutionBlock], input: Shape) -> Plan {
    var plan = Plan()
    func issue(_ message: String, block: Int? = nil) { plan.issues.append(.init(block: block, message: message)) }

    do { _ = try InstructionSet.chosen() } catch { issue(error.description) }
    if blocks.isEmpty { issue("a stack needs one block or more") }
    for (index, block) in blocks.enumerated() {
      for message in block.mistakes { issue(message, block: index) }
    }
    if input.count != 3 {
      issue("convolutions take images [channels, height, width], the input has shape \(input)")
    } else if input.contains(where: { !(1...largestSize).contains($0) }) {
      issue("the sizes of the input \(input) must be from 1 to \(largestSize)")
    }
    guard plan.issues.isEmpty else { return plan }

    var shape = input
    for (index, block) in blocks.enumerated() {
      let (height, width) = (shape[1], shape[2])
      guard min(height, width) + 2 * block.padding >= block.kernel else {
        issue(
          "a kernel of \(block.kernel)x\(block.kernel) does not fit into an image of \(height)x\(width)"
            + (block.padding > 0 ? " with padding \(block.padding)" : ""), block: index)
        break
      }
      let rows = (height + 2 * block.padding - block.kernel) / block.stride + 1
      let columns = (width + 2 * block.padding - block.kernel) / block.stride + 1
      guard min(rows, columns) >= block.pool.size else {
        issue(
          "the image has shrunk to \(rows)x\(columns), too small to pool \(block.pool.size)x\(block.pool.size);"
            + " use fewer blocks or larger images", block: index)
        break
      }
      let output = [
        block.channels, (rows - block.pool.size) / block.pool.stride + 1,
        (columns - block.pool.size) / block.pool.stride + 1,
      ]
      let weights = block.channels * shape[0] * block.kernel * block.kernel
      guard weights <= largestCount, block.channels * rows * columns <= largestCount else {
        issue(
          "\(block.channels) channels of \(rows)x\(columns) from \(shape[0]) with a kernel of \(block.kernel) are more"
            + " than the \(largestCount) values that a layer may hold", block: index)
        break
      }
      var kernelBlock = block.kernelBlock
      plan.layers.append(
        Plan.Layer(
          kind: block.summary, output: output,
          parameters: weights + (block.bias ? block.channels : 0) + (block.normalise ? 2 * block.channels : 0),
          flops: 2 * weights * rows * columns,
          path: fk_block_path(&kernelBlock, Int32(width)).description,
          normalised: block.normalise ? rows * columns : nil))
      shape = output
    }
    return plan
  }

  private static var largestSize: Int { 65_536 }
  private static var largestCount: Int { 1 << 28 }
}

extension ConvolutionBlock {
  /// What is wrong with the block's own numbers.
  fileprivate var mistakes: [String] {
    var mistakes: [String] = []
    func expect(_ value: Int, _ name: String, _ range: ClosedRange<Int>) {
      guard !range.contains(value) else { return }
      mistakes.append("\(name) is \(value), must be from \(range.lowerBound) to \(range.upperBound)")
    }
    expect(channels, "channels", 1...65_536)
    expect(kernel, "kernel", 1...Int(FK_MAX_KERNEL))
    expect(stride, "stride", 1...65_536)
    expect(padding, "padding", 0...65_536)
    if pool != .none {
      expect(pool.size, "the size of the pooling", 1...65_536)
      expect(pool.stride, "the stride of the pooling", 1...65_536)
    }
    if !(0...1).contains(dropout) { mistakes.append("dropout is \(dropout), must be from 0 to 1") }
    return mistakes
  }
}

extension fk_path {
  fileprivate var description: String {
    switch self {
    case FK_FUSED: "lanes, fused"
    case FK_SAME_SIZE: "lanes, same size"
    default: "lanes, general"
    }
  }
}
