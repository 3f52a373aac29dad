import FusionConfig

/// Where a search's trials come from, one after the other.
protocol TrialSource: AnyObject {
  /// How many there will be.
  var count: Int { get }
  /// How many of them are this search's to do; those of others are not missed.
  var owed: Int { get }
  /// Whether there may be more trials later, though ``next()`` has none now.
  var isWaiting: Bool { get }
  /// The next trial; nil: there are no more, or none now.
  func next() throws -> (number: Int, values: [ConfigValue])?
  /// Takes note of the result of a trial.
  func take(_ trial: Trial) throws
  /// Takes note that a trial is left for another time.
  func leave(_ trial: Trial)
  /// Called every now and then while trials run.
  func tick() throws
  /// The trials that others have made, those numbered `own` left out.
  func elsewhere(own: Set<Int>) throws -> [Trial]
}

extension TrialSource {
  var owed: Int { count }
  var isWaiting: Bool { false }
  func leave(_ trial: Trial) {}
  func tick() {}
}

/// Trials that are all known from the start.
final class ListedTrials: TrialSource {
  let count: Int
  private var rest: ArraySlice<[ConfigValue]>

  init(_ trials: [[ConfigValue]]) {
    count = trials.count
    rest = trials[...]
  }

  func next() -> (number: Int, values: [ConfigValue])? {
    rest.popFirst().map { (count - rest.count, $0) }
  }

  func take(_ trial: Trial) {}
  func elsewhere(own: Set<Int>) -> [Trial] { [] }
}
