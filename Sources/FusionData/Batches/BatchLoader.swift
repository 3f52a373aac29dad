import FusionCore
import Foundation

/// Goes once through a part of a data set, batch by batch, and prepares batches ahead of their use on its own thread.
///
/// The order follows from the random stream alone, so that a loader that starts at batch `k` gives what another would
/// have given from there on. At most `ahead` batches wait, in memory that is used again and again: a data set of any
/// size takes the room of a few batches.
///
/// ```swift
/// let loader = BatchLoader(train, conversions: conversions, batchSize: 40, shuffledBy: random.derived(epoch))
/// while let batch = try loader.next() { step(batch.tensors(device: device), batch.classes) }
/// ```
public final class BatchLoader {
  /// The number of batches of a whole epoch.
  public let batchCount: Int
  private let work: Work
  private var previous: Batch?

  /// A loader; reading starts at once.
  ///
  /// - Parameters:
  ///   - conversions: one for each modality of the part.
  ///   - targetConversion: that of the values of a regression.
  ///   - random: the stream of this epoch; nil: the part's own order.
  ///   - dropsLast: leaves out a last batch of fewer samples.
  ///   - start: the number of the first batch, for a run that goes on within an epoch.
  ///   - ahead: how many batches may wait.
  ///   - transforms: what samples are changed by, after their conversion; nil: they stay as they are.
  public init(
    _ split: DataSplit, conversions: [ValueConversion], targets targetConversion: ValueConversion = .identity,
    batchSize: Int, shuffledBy random: RandomStream? = nil,
    dropsLast: Bool = false, startingAt start: Int = 0, ahead: Int = 3, transforms: SampleTransforms? = nil
  ) {
    precondition(conversions.count == split.modalities.count, "one conversion for each modality")
    precondition(batchSize > 0 && start >= 0 && ahead > 0, "batches and the queue hold at least one")
    let full = split.count / batchSize
    batchCount = dropsLast || split.count.isMultiple(of: batchSize) ? full : full + 1
    let work = Work(
      split: split, conversions: conversions, targets: targetConversion, random: random, batchSize: batchSize,
      batches: min(start, batchCount)..<batchCount, ahead: ahead, transforms: transforms)
    self.work = work
    if !startThread({ work.run() }) { work.fail(DataError("batches", "the system refuses to start a thread for them")) }
  }

  /// The next batch; nil after the last one.
  ///
  /// - Throws: ``DataError`` where a file changed underneath; then, and after ``stop()``, there are no more batches.
  public func next() throws(DataError) -> Batch? {
    // Used again only if nobody kept the batch, or a tensor of it.
    if previous != nil, isKnownUniquelyReferenced(&previous!), previous!.isAlone() { work.recycle(previous!) }
    previous = nil
    previous = try work.take()
    return previous
  }

  /// Ends the thread after the batch that it works on. Happens by itself where a loader is let go.
  public func stop() { work.stop() }

  deinit { work.stop() }
}

/// What the loader and its thread share.
///
/// `@unchecked Sendable`: the constants are `Sendable` or only read; every variable is touched with `condition` locked.
/// A batch belongs to one side at a time: the thread owns it until it is in `ready`, the loader from when it leaves
/// `ready` until it is in `spare`, and the lock orders each hand-over.
private final class Work: @unchecked Sendable {
  private let split: DataSplit
  private let conversions: [ValueConversion]
  private let targets: ValueConversion
  private let random: RandomStream?
  private let batchSize: Int
  private let batches: Range<Int>
  private let ahead: Int
  private let transforms: SampleTransforms?
  private let condition = NSCondition()
  private var ready: [Result<Batch, DataError>] = []
  private var spare: [Batch] = []
  private var isOver = false

  init(
    split: DataSplit, conversions: [ValueConversion], targets: ValueConversion, random: RandomStream?, batchSize: Int,
    batches: Range<Int>, ahead: Int,
    transforms: SampleTransforms?
  ) {
    self.split = split
    self.conversions = conversions
    self.targets = targets
    self.random = random
    self.batchSize = batchSize
    self.batches = batches
    self.ahead = ahead
    self.transforms = transforms
  }

  /// The thread's body.
  func run() {
    // Drawn here, not by who makes the loader: a million samples take a few steps' time.
    let order = random?.permutation(split.count).map { split.rows[$0] } ?? split.rows
    for index in batches {
      let rows = order[index * batchSize..<min(order.count, (index + 1) * batchSize)]
      let batch: Batch? = condition.withLock {
        while ready.count >= ahead, !isOver { condition.wait() }
        if isOver { return nil }
        // Memory is exactly as large as a whole batch: the last, smaller one gets its own.
        return (rows.count == batchSize ? spare.popLast() : nil) ?? Batch(split: split, capacity: rows.count)
      }
      guard let batch else { return }
      let result = Result { () throws(DataError) in
        try batch.fill(
          index: index, rows: rows, of: split, conversions: conversions, targets: targets, transforms: transforms)
        return batch
      }
      let isLast: Bool = condition.withLock {
        if isOver { return true }
        ready.append(result)
        if case .failure = result { isOver = true }
        condition.broadcast()
        return isOver
      }
      if isLast { return }
    }
    condition.withLock {
      isOver = true
      condition.broadcast()
    }
  }

  func take() throws(DataError) -> Batch? {
    let result: Result<Batch, DataError>? = condition.withLock {
      while ready.isEmpty, !isOver { condition.wait() }
      guard !ready.isEmpty else { return nil }
      condition.broadcast()
      return ready.removeFirst()
    }
    return try result?.get()
  }

  /// Hands an error to whoever waits for a batch.
  func fail(_ error: DataError) {
    condition.withLock {
      ready.append(.failure(error))
      isOver = true
    }
  }

  func recycle(_ batch: Batch) {
    condition.withLock { if batch.count == batchSize { spare.append(batch) } }
  }

  func stop() {
    condition.withLock {
      isOver = true
      ready = []
      spare = []
      condition.broadcast()
    }
  }
}

/// Runs `body` on a thread of its own. Foundation's `Thread` says nothing where the system refuses to start it.
///
/// - Returns: false where the system refuses.
private func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
  final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  let box = Unmanaged.passRetained(Box(body))
  #if canImport(Darwin)
    var thread: pthread_t?
    let code = pthread_create(
      &thread, &attributes,
      {
        Unmanaged<Box>.fromOpaque($0).takeRetainedValue().body(); return nil
      }, box.toOpaque())
  #else
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      {
        Unmanaged<Box>.fromOpaque($0!).takeRetainedValue().body(); return nil
      }, box.toOpaque())
  #endif
  if code != 0 { box.release() }
  return code == 0
}
