import CFusionKernels
import Foundation

/// A block of float32 values, aligned to a cache line and owned by the tensors that share it.
public final class Storage {
  /// The number of values.
  public let count: Int
  /// The first value.
  public let base: UnsafeMutablePointer<Float>

  /// Memory for `count` values, not initialised.
  public init(count: Int) {
    require(count >= 0, "a storage cannot hold \(count) values")
    self.count = count
    fk_ledger_note(Int32(FK_TENSORS))
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
    base = bytes.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  /// How many storages this thread has made: for checks of what a piece of code allocates, by the difference.
  public static var madeOnThisThread: Int { fk_ledger_count(Int32(FK_TENSORS)) }

  deinit { UnsafeMutableRawPointer(base).deallocate() }

  /// All values, to read or, as long as no tensor has been shown to anyone else, to write.
  public var values: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: base, count: count) }
}
