/// Sizes along each dimension, outermost first: `[N, C, H, W]`. A scalar has the shape `[]`.
public typealias Shape = [Int]

extension Array where Element == Int {
  /// The number of values that a tensor of this shape holds.
  public var elementCount: Int { reduce(1, *) }
}

/// An array of float32 values in row-major order, and, where it depends on a parameter, its place on a tape.
///
/// A tensor never changes once it is made, so that copies and reshaped views may share one storage. Operations are
/// methods and operators; those on a tensor that a ``Tape`` watches are recorded there. A mistake in shapes is a bug in
/// the calling code: the operation stops with both shapes and what it expected.
public struct Tensor {
  /// Sizes along each dimension, outermost first.
  public let shape: Shape
  /// The values, row-major. May be shared with other tensors: read only.
  public let storage: Storage
  /// Where the values are computed.
  public let device: Device
  /// Where the tensor stands on its tape; nil for constants.
  var trace: Trace?

  /// A tensor over existing values.
  ///
  /// - Parameters:
  ///   - storage: holds exactly as many values as the shape asks for.
  public init(shape: Shape, storage: Storage, device: Device) {
    require(
      shape.elementCount == storage.count,
      "a tensor of shape \(shape) needs \(shape.elementCount) values, the storage holds \(storage.count)")
    self.shape = shape
    self.storage = storage
    self.device = device
  }

  /// A tensor without values.
  init(abstract shape: Shape, device: Device) {
    var count = 1
    for size in shape {
      require(size >= 0, "a tensor of shape \(shape), expected no size below 0")
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: size)
      require(!isTooLarge && product < 1 << 48, "a tensor of shape \(shape) is more than any machine can hold")
      count = product
    }
    self.init(shape: shape, storage: Storage(abstractCount: count), device: device)
  }

  /// A tensor whose values `fill` writes, every one of them.
  public init(shape: Shape, device: Device, fill: (UnsafeMutableBufferPointer<Float>) -> Void) {
    guard !device.isAbstract else {
      self.init(abstract: shape, device: device)
      return
    }
    self.init(shape: shape, storage: Storage(count: shape.elementCount), device: device)
    fill(storage.values)
  }

  /// A tensor of given values, row-major.
  public init(_ values: [Float], shape: Shape, device: Device) {
    require(
      values.count == shape.elementCount,
      "a tensor of shape \(shape) needs \(shape.elementCount) values, \(values.count) were given")
    self.init(shape: shape, device: device) { _ = $0.update(fromContentsOf: values) }
  }

  /// A tensor filled with one value.
  public init(repeating value: Float, shape: Shape, device: Device) {
    self.init(shape: shape, device: device) { $0.update(repeating: value) }
  }

  /// The number of dimensions.
  public var rank: Int { shape.count }
  /// The number of values.
  public var count: Int { storage.count }
  /// A copy of the values, row-major.
  public var scalars: [Float] { Array(storage.values) }
  /// The value of a tensor that holds exactly one.
  public var item: Float {
    require(count == 1, "item: a tensor of shape \(shape) holds \(count) values, not one")
    return storage.values[0]
  }
  /// Whether a tape watches this tensor, so that a gradient for it is wanted.
  public var isTracked: Bool { trace != nil }
  /// The same values, off the tape: no gradient flows through.
  public var detached: Tensor { Tensor(shape: shape, storage: storage, device: device) }
}
