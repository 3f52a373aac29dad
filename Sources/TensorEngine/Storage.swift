import CFusionKernels
import Foundation

/// A block of float32 values, aligned to a cache line and owned by the tensors that share it.
public final class Storage {
  /// The number of values.
  public let count: Int
  /// The first value.
  public let base: UnsafeMutablePointer<Float>

  /// Memory for `count` values, not initialised.
  ///
  /// Where the system refuses it, the process says so and ends, with status 1: no operation has anything to fall back to.
  public init(count: Int) {
    require(count >= 0, "a storage cannot hold \(count) values")
    self.count = count
    fk_allocations_note(Int32(FK_TENSORS))
    let (bytes, isAbsurd) = max(count, 1).multipliedReportingOverflow(by: 4)
    if isAbsurd { fk_memory_refused(.max, "a tensor") }
    fk_allocations_add(Int32(FK_TENSOR_BYTES), bytes)
    base = fk_allocate(bytes).bindMemory(to: Float.self, capacity: max(count, 1))
  }

  /// How many storages this thread has made: for checks of what a piece of code allocates, by the difference.
  public static var madeOnThisThread: Int { fk_allocations_count(Int32(FK_TENSORS)) }

  /// How many bytes of memory this thread has taken for storages, given back or not: by the difference, too.
  public static var bytesTakenOnThisThread: Int { fk_allocations_count(Int32(FK_TENSOR_BYTES)) }

  deinit { free(base) }

  /// All values, to read or, as long as no tensor has been shown to anyone else, to write.
  public var values: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: base, count: count) }
}
