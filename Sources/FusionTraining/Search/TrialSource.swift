import FusionConfig

/// Where a search's trials come from, one after the other.
protocol TrialSource: AnyObject {
  /// How many there will be.
  var count: Int { get }
  /// The next trial; nil: there are no more.
  func next() throws -> (number: Int, values: [ConfigValue])?
  /// Takes note of what a trial came to.
  func take(_ trial: Trial) throws
  /// The trials that others have made, those numbered `own` left out.
  func elsewhere(own: Set<Int>) throws -> [Trial]
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
