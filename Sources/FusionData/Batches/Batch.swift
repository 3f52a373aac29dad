import FusionCore

/// Some samples, converted, ready to be trained on.
///
/// Its memory is used again for a later batch as soon as nobody holds the batch or a tensor of it.
public final class Batch {
  /// The number of this batch within the epoch, from 0.
  public fileprivate(set) var index = 0
  /// The rows of the samples in the data set's arrays.
  public fileprivate(set) var rows: ArraySlice<Int> = []
  /// The class of each sample; empty unless each sample has exactly one.
  public fileprivate(set) var classes: [Int] = []
  /// The names of the modalities, in order.
  public let modalities: [String]
  /// Which samples have which modality; nil: nothing is missing.
  public private(set) var presence: Presence?
  private let shapes: [Shape]
  private var storages: [Storage]
  private let targetWidth: Int?
  private var targetStorage: Storage?

  /// The number of samples, N.
  public var count: Int { rows.count }

  /// Memory for `capacity` samples of a part.
  init(split: DataSplit, capacity: Int) {
    modalities = split.modalities.map(\.name)
    shapes = split.modalities.map(\.array.sampleShape)
    storages = shapes.map { Storage(count: capacity * $0.elementCount) }
    switch split.targets {
    case .flags(let array, _), .values(let array): targetWidth = array.sampleCount
    default: targetWidth = nil
    }
    targetStorage = targetWidth.map { Storage(count: capacity * $0) }
  }

  /// The samples of the modality at a position, `[N, …sample]`; zeros where it is missing. Shares this batch's memory.
  public func tensor(_ modality: Int, device: Device) -> Tensor {
    Tensor(shape: [count] + shapes[modality], storage: storages[modality], device: device)
  }

  /// The samples of all modalities in order.
  public func tensors(device: Device) -> [Tensor] { shapes.indices.map { tensor($0, device: device) } }

  /// The zeros and ones of a multi-label task or the values of a regression, `[N, K]`; nil for other targets.
  public func targets(device: Device) -> Tensor? {
    targetStorage.map { Tensor(shape: [count, targetWidth!], storage: $0, device: device) }
  }

  /// Whether nobody but the batch itself holds its memory.
  func isAlone() -> Bool {
    for i in storages.indices where !isKnownUniquelyReferenced(&storages[i]) { return false }
    return targetStorage == nil || isKnownUniquelyReferenced(&targetStorage!)
  }

  /// Reads the samples of `rows`, as many as there is memory for.
  func fill(
    index: Int, rows: ArraySlice<Int>, of split: DataSplit, conversions: [ValueConversion],
    targets targetConversion: ValueConversion, transforms: SampleTransforms? = nil
  ) throws(DataError) {
    self.index = index
    self.rows = rows
    for (place, modality) in split.modalities.enumerated() {
      try modality.array.gather(rows: rows, into: storages[place].base, conversions[place])
      guard let mask = modality.presence else { continue }
      let width = modality.array.sampleCount
      for (sample, row) in rows.enumerated() where !mask.isPresent[row] {
        (storages[place].base + sample * width).update(repeating: 0, count: width)
      }
    }
    try transforms?.apply(to: storages.map(\.base), rows: rows, of: split)
    presence = split.presence(of: rows)
    switch split.targets {
    case .classes(let labels, _): classes = rows.map { Int(labels[$0]) }
    case .flags(let array, _), .values(let array):
      try array.gather(rows: rows, into: targetStorage!.base, targetConversion)
    case nil: break
    }
  }
}
