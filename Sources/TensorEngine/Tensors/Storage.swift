import CFusionKernels
import Foundation

/// A block of float32 values, aligned to a cache line and owned by the tensors that share it.
public final class Storage {
  /// The number of values.
  public let count: Int
  /// The first value.
  public let base: UnsafeMutablePointer<Float>
  /// Whether there are no values: the storage of a tensor of which only the shape is known. Nothing may be read or written.
  public let isAbstract: Bool
  /// Whether even the shape is a guess, because the operation was reported; see ``ShapePass``.
  var isUnknown = false

  /// Memory for `count` values, not initialised.
  ///
  /// Where the system refuses it, the process says so and ends, with status 1: no operation has anything to fall back to.
  public init(count: Int) {
    require(count >= 0, "a storage cannot hold \(count) values")
    self.count = count
    isAbstract = false
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

  /// No memory at all, for `count` values that nobody will ask for.
  init(abstractCount count: Int) {
    self.count = count
    isAbstract = true
    // Where nothing may lie: code that reads it all the same traps, and its shape pass ends.
    base = UnsafeMutablePointer(bitPattern: 64)!
  }

  deinit { if !isAbstract { free(base) } }

  /// All values, to read or, as long as no tensor has been shown to anyone else, to write.
  public var values: UnsafeMutableBufferPointer<Float> {
    require(!isAbstract, "a value was asked for where only shapes are known: what is computed may not depend on values")
    return UnsafeMutableBufferPointer(start: base, count: count)
  }
}
