import Foundation

/// How far a worker has come: shared memory, so that the parent still knows when the worker is gone.
///
/// `@unchecked Sendable` is not needed: parent and worker are two processes, and each has one thread that looks at it.
struct WorkerStatus {
  /// Inputs begun, inputs accepted, pool size.
  static let words = 3
  private let memory: UnsafeMutablePointer<UInt64>

  init(file: String) throws {
    let descriptor = open(file, O_RDWR | O_CREAT, 0o600)
    guard descriptor >= 0, ftruncate(descriptor, off_t(Self.words * 8)) == 0,
      let base = mmap(nil, Self.words * 8, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), base != MAP_FAILED
    else { throw Violation("the fuzzer cannot make \(file): \(String(cString: strerror(errno)))") }
    close(descriptor)
    memory = base.assumingMemoryBound(to: UInt64.self)
  }

  var begun: UInt64 {
    get { memory[0] }
    nonmutating set { memory[0] = newValue }
  }
  var accepted: UInt64 {
    get { memory[1] }
    nonmutating set { memory[1] = newValue }
  }
  var pool: UInt64 {
    get { memory[2] }
    nonmutating set { memory[2] = newValue }
  }
}

/// Feeds one reader, input after input, until the time or the number is up, or something is found.
struct Worker {
  /// Exit status for a fault that the worker itself saw.
  static let foundFault: Int32 = 3
  /// Inputs that made the reader say something new are kept, to start from.
  private static let poolLimit = 400

  let reader: any FuzzReader
  let folder: String
  let seed: UInt64
  /// Set apart from earlier workers of the same reader.
  let round: UInt64
  let seconds: Double
  let inputs: UInt64

  /// Where the input lies that is being read.
  static func inputFile(_ folder: String) -> String { folder + "/current" }
  /// Its name, and after a fault what was wrong.
  static func noteFile(_ folder: String) -> String { folder + "/note" }

  /// - Returns: the exit status.
  func run() throws -> Int32 {
    let status = try WorkerStatus(file: folder + "/status")
    var random = FuzzRandom(seed: seed, type(of: reader).name, round)
    var pool = reader.seeds
    guard !pool.isEmpty else { throw Violation("no corpus for \(type(of: reader).name)") }
    var known: Set<String> = []
    var untouched = pool.count
    let end = ContinuousClock.now + .seconds(seconds)
    while status.begun < inputs, ContinuousClock.now < end {
      let input: FuzzInput
      if untouched > 0 {
        untouched -= 1
        input = pool[untouched]
      } else {
        input = next(pool, &random)
      }
      try put(input.bytes, at: Self.inputFile(folder))
      try put(Array(input.name.utf8), at: Self.noteFile(folder))
      status.begun += 1
      switch reader.judge(input) {
      case .accepted: status.accepted += 1
      case .refused(let words):
        if pool.count < Self.poolLimit, input.bytes.count < 1 << 14, known.insert(Self.gist(words)).inserted {
          pool.append(input)
          status.pool = UInt64(pool.count)
        }
      case .fault(let words):
        try put(Array("\(input.name)\n\(words)".utf8), at: Self.noteFile(folder))
        return Self.foundFault
      }
    }
    return 0
  }

  private func next(_ pool: [FuzzInput], _ random: inout FuzzRandom) -> FuzzInput {
    // Half of the time from a valid file: what was refused is refused again, mostly.
    let parent = random.oneIn(2) ? random.choose(reader.seeds) : random.choose(pool)
    if let own = reader.changed(parent, &random) { return own }
    let others = pool.filter { $0.name == parent.name }.map(\.bytes)
    var input = parent
    input.bytes = parent.format.mutated(parent.bytes, others: others, dictionary: reader.dictionary, &random)
    return input
  }

  /// What a message says, its numbers, names and quotations left out.
  private static func gist(_ words: String) -> String {
    String(words.prefix(400).replacing(/'[^']*'|[0-9]+/, with: "#"))
  }
}
