import FusionConfig
import FusionData
import Foundation

/// What searches that share a study of Optuna tell each other, as attributes of the study: each writes down which trials
/// it has under way, and writes again every now and then as long as it lives.
///
/// The command `optuna` knows no heartbeats of its own: those of its storages are kept by a running Python. No clock is
/// compared with another: whether a search lives is seen from its note changing while one looks.
final class SharedStudy {
  /// What there is to read.
  struct Notes {
    /// The trials that each search has under way, by the search's key.
    var claims: [String: Claim] = [:]
    /// Trials that were given up: they count for nothing.
    var lost: Set<Int> = []
  }

  /// A search's note.
  struct Claim: Equatable {
    let host: String
    let folder: String
    let beat: Int
    let trials: Set<Int>
  }

  /// What is known of a trial that another search has begun.
  enum Fate { case alive, dead, unknown }

  /// Between two notes of a search.
  static let interval = Duration.seconds(20)
  /// So long a note must not have changed for its search to be given up.
  static let patience = Duration.seconds(75)

  /// The trials of this search that are under way.
  private(set) var claimed: Set<Int> = []
  /// Those that are left for another time.
  private(set) var left: Set<Int> = []
  private let optuna: Optuna
  private let storage: [String]
  private let name: String
  private let folder: String
  private let key: String
  private let clock = ContinuousClock()
  private var beat = 0
  private var lastBeat: ContinuousClock.Instant
  private var writing: ChildProcess?
  private var seen: [String: (claim: Claim, since: ContinuousClock.Instant)] = [:]

  private static let (searchPrefix, lostPrefix) = ("fusionkit-search-", "fusionkit-lost-")

  init(_ optuna: Optuna, storage: [String], name: String, folder: SweepFolder) {
    self.optuna = optuna
    self.storage = storage
    self.name = name
    self.folder = URL(fileURLWithPath: folder.path).standardizedFileURL.path
    key = Self.searchPrefix + SHA256.of(Array((Self.host + "\n" + self.folder).utf8)).prefix(16)
    lastBeat = clock.now
  }

  /// This machine since it was started; containers on it are told apart by what of its folders they see.
  private static let host: String =
    (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
    .trimmingCharacters(in: .whitespacesAndNewlines) ?? ProcessInfo.processInfo.hostName

  // MARK: Writing

  /// Tells the others that this search has these trials under way, too.
  func claim(_ numbers: [Int]) throws {
    guard !numbers.isEmpty else { return }
    claimed.formUnion(numbers)
    try set(key, note())
    lastBeat = clock.now
  }

  /// A trial has ended.
  func release(_ number: Int) { claimed.remove(number) }

  /// A trial is left for another time.
  func leave(_ number: Int) {
    claimed.remove(number)
    left.insert(number)
  }

  /// Tells all that a trial counts for nothing.
  func giveUp(_ number: Int) throws {
    claimed.remove(number)
    try set(Self.lostPrefix + "\(number)", "1")
  }

  /// Writes the note again where it is time to; waits for nothing. That it cannot be written once is no harm.
  func tick() throws {
    if let writing {
      guard writing.poll() != nil else { return }
      self.writing = nil
    }
    guard !claimed.isEmpty, lastBeat.duration(to: clock.now) >= Self.interval else { return }
    lastBeat = clock.now
    writing = try? ChildProcess(optuna.executable, arguments(key, note()))
  }

  private func note() -> String {
    beat += 1
    return ConfigValue.map([
      .init("host", .string(Self.host)), .init("folder", .string(folder)), .init("beat", .integer(beat)),
      .init("trials", .list(claimed.sorted().map { .integer($0) })),
    ]).jsonLine
  }

  private func set(_ key: String, _ value: String) throws { _ = try optuna.call(arguments(key, value)) }

  private func arguments(_ key: String, _ value: String) -> [String] {
    ["study", "set-user-attr"] + storage + ["--study-name", name, "--key", key, "--value", value]
  }

  // MARK: Reading

  /// What all searches have written.
  func notes() throws -> Notes {
    let answer = try optuna.ask(["studies"] + storage)
    guard case .list(let studies) = answer else {
      throw OptunaError.notUnderstood(command: "studies", answer: answer.flowText)
    }
    var notes = Notes()
    let attributes = studies.first { $0["name"] == .string(name) }?["user_attrs"]?.entries ?? []
    for attribute in attributes {
      if attribute.key.hasPrefix(Self.lostPrefix), let number = Int(attribute.key.dropFirst(Self.lostPrefix.count)) {
        notes.lost.insert(number)
      } else if attribute.key.hasPrefix(Self.searchPrefix), case .string(let text) = attribute.value,
        let claim = Claim(text)
      {
        notes.claims[attribute.key] = claim
      }
    }
    return notes
  }

  /// Whether somebody still works on a trial that this search has not begun.
  func fate(of number: Int, _ notes: Notes) -> Fate {
    let owners = notes.claims.filter { $0.value.trials.contains(number) }
    // One that nobody has claimed is another program's, or has just been asked for.
    if owners.isEmpty { return .alive }
    let fates = owners.map { fate(of: $0.key, $0.value) }
    return fates.contains(.alive) ? .alive : fates.contains(.unknown) ? .unknown : .dead
  }

  private func fate(of owner: String, _ claim: Claim) -> Fate {
    // This search's own note, of before: it is not at it now.
    if owner == key { return .dead }
    if claim.host == Self.host, let isHeld = RunFolder(claim.folder).isLocked { return isHeld ? .alive : .dead }
    guard let before = seen[owner] else {
      seen[owner] = (claim, clock.now)
      return .unknown
    }
    if before.claim.beat != claim.beat { return .alive }
    return before.since.duration(to: clock.now) < Self.patience ? .unknown : .dead
  }
}

extension SharedStudy.Claim {
  /// Reads a note; nil where it is none.
  fileprivate init?(_ text: String) {
    guard let value = try? ConfigValue(yaml: text, name: "note"), case .string(let host)? = value["host"],
      case .string(let folder)? = value["folder"], case .integer(let beat)? = value["beat"],
      case .list(let trials)? = value["trials"]
    else { return nil }
    (self.host, self.folder, self.beat) = (host, folder, beat)
    self.trials = Set(trials.compactMap { if case .integer(let number) = $0 { number } else { nil } })
  }
}
