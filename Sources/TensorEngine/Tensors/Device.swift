import CFusionKernels

/// Where tensors are computed: a number of threads of this machine.
///
/// A device is a value handed down, like everything that has state: there is no default device that a program could
/// change behind the back of another. The number of threads never changes a result.
public final class Device {
  /// The number of threads, the calling one included.
  public let threads: Int

  /// The pool, for kernels in C that run their own jobs; nil for one thread.
  public let pool: OpaquePointer?

  /// Where the operations on this device's tensors are written down; nil, as a rule: nowhere.
  public let log: OperationLog?

  /// Whether its tensors have shapes and no values: nothing is computed, and nothing is allocated.
  public let isAbstract: Bool

  /// The functions of many numbers, for this machine's instruction set.
  let rows: fk_rows

  /// Makes a device with a pool of threads.
  ///
  /// - Parameters:
  ///   - threads: 1 or more; where the system refuses to start them, fewer are used.
  ///   - instructions: one of the instruction sets that `InstructionSet.available` names; what the environment
  ///     asks for, else the best that this machine has, if not given.
  ///   - log: where operations are to be written down.
  public convenience init(threads: Int = 1, instructions: String? = nil, log: OperationLog? = nil) {
    self.init(threads: threads, instructions: instructions, log: log, isAbstract: false)
  }

  /// A device whose tensors have shapes and no values: on it a model is made without memory, and a forward pass tells
  /// shapes and costs.
  public static func abstract(log: OperationLog) -> Device {
    Device(threads: 1, instructions: nil, log: log, isAbstract: true)
  }

  private init(threads: Int, instructions: String?, log: OperationLog?, isAbstract: Bool) {
    (self.log, self.isAbstract) = (log, isAbstract)
    var found: UnsafePointer<fk_rows>?
    // What cannot be had is reported where the command line starts; nothing may stop here.
    if fk_find_rows(instructions, &found) != FK_OK { _ = fk_find_rows("plain", &found) }
    rows = found!.pointee
    // Matrix products are divided by us, in pieces that do not depend on the number of threads.
    fk_use_products_on(Int32(clamping: threads))
    fk_keep_memory()
    pool = threads > 1 ? fk_pool_create(Int32(clamping: threads)) : nil
    self.threads = pool == nil ? 1 : Int(fk_pool_threads(pool))
  }

  deinit { fk_pool_destroy(pool) }

  /// Runs `body` once for every unit, on all threads, and returns when all are done.
  ///
  /// The cut into units has to follow from the work alone, never from the number of threads: that keeps results equal
  /// to the bit. Units must write to different places, and make or release no tensors.
  public func parallel(units: Int, _ body: (_ unit: Int) -> Void) {
    withoutActuallyEscaping(body) { escaping in
      // The job ends before this frame does, so that a pointer to a local is enough.
      withUnsafePointer(to: escaping) { pointer in
        fk_pool_run(
          pool, units,
          { context, unit, _ in
            context!.assumingMemoryBound(to: ((Int) -> Void).self).pointee(unit)
          }, UnsafeMutableRawPointer(mutating: pointer))
      }
    }
  }
}
