import FusionConfig
import FusionCore
import FusionData
import Foundation

/// Trials that a study of Optuna proposes: each is asked for when a place is free, and told when it has ended.
///
/// A study in the search's folder gets seeds that follow from the experiment's, one for each question, so that a search
/// whose trials run one after the other is the same every time. A shared study draws its own, and ``SharedStudy`` tells the
/// searches of each other: what one has begun and cannot end any more, another makes up for.
final class OptunaTrials: TrialSource {
  private let optuna: Optuna
  private let plan: SweepPlan
  private let study: [String]
  /// Nil for a study that only this search works on.
  private let shared: SharedStudy?
  private var isShared: Bool { shared != nil }
  private let report: (ProgressEvent) -> Void
  /// When others are looked after again.
  private var nextLook = ContinuousClock.now
  private(set) var isWaiting = false
  private let outerFold: Int?
  private let wanted: Int
  /// Trials that were begun before, and are to be handed out first.
  private var known: ArraySlice<(number: Int, values: [ConfigValue])>
  private var handedOut = 0

  /// The number of trials that the study is to have.
  var count: Int { wanted }
  var owed: Int { isShared ? 0 : wanted }

  /// Opens the study, or makes it.
  ///
  /// - Parameters:
  ///   - records: what this folder holds of the study.
  ///   - report: told of what others have left.
  init(
    _ optuna: Optuna, _ settings: OptunaSampler, plan: SweepPlan, outerFold: Int?, records: TrialRecords,
    report: @escaping (ProgressEvent) -> Void
  ) throws {
    self.optuna = optuna
    self.plan = plan
    self.outerFold = outerFold
    wanted = settings.trials
    self.report = report
    let suffix = outerFold.map { "-outer-\($0)" } ?? ""
    let name = (settings.study ?? plan.experiment.name) + suffix
    guard settings.storage != nil || !plan.folder.path.contains("?") else {
      throw OptunaError.invalidPath(plan.folder.path)
    }
    let storage = ["--storage", settings.storage ?? "sqlite:///" + plan.folder.study]
    study = storage + ["--study-name", name]
    shared = settings.storage == nil ? nil : SharedStudy(optuna, storage: storage, name: name, folder: plan.folder)
    let direction = plan.largerIsBetter ? "maximize" : "minimize"
    _ = try optuna.call(["create-study", "--skip-if-exists", "--direction", direction] + study)
    known = []
    if isShared { try checkDirection(direction, name, storage) }
    let own = records.read()
    var begun = own.values.map { (number: $0.number, values: $0.values) }
    if let shared {
      // Given up for dead meanwhile, and made up for by another search.
      let lost = try shared.notes().lost
      begun.removeAll { own[$0.number]?.state == .unfinished && lost.contains($0.number) }
      try shared.claim(begun.map(\.number).filter { own[$0]?.state == .unfinished })
    } else {
      // Asked for by a process that was killed before it wrote the answer down.
      begun += try listed().compactMap {
        $0.state == "RUNNING" && own[$0.number] == nil ? (number: $0.number, values: $0.values) : nil
      }
    }
    known = begun.sorted { $0.number < $1.number }[...]
  }

  private func checkDirection(_ direction: String, _ name: String, _ storage: [String]) throws {
    let answer = try optuna.ask(["studies"] + storage)
    guard case .list(let studies) = answer,
      case .list(let directions)? = studies.first(where: { $0["name"] == .string(name) })?["direction"]
    else { throw OptunaError.notUnderstood(command: "studies", answer: answer.flowText) }
    if directions != [.string(direction.uppercased())] { throw OptunaError.otherDirection(study: name) }
  }

  func next() throws -> (number: Int, values: [ConfigValue])? {
    if let before = known.popFirst() {
      handedOut += 1
      return before
    }
    guard let shared else {
      guard handedOut < wanted else { return nil }
      let random = RandomStream(seed: plan.experiment.seed).derived("optuna").derived(outerFold ?? 0)
      return try ask([.init("seed", .integer(random.derived(handedOut).integer(below: 1 << 32, at: 0)))])
    }
    while true {
      guard try hasRoom(shared) else { return nil }
      let trial = try ask([])
      try shared.claim([trial.number])
      // Two searches that ask at the same time both find room: the trial with the larger number is one too many.
      if trial.number <= wanted { return trial }
      let lost = try shared.notes().lost
      if try listed().count(where: { $0.number < trial.number && !lost.contains($0.number) }) < wanted { return trial }
      try shared.giveUp(trial.number)
      try fail(trial.number)
    }
  }

  /// Whether the study lacks trials. Where the last ones are under way elsewhere, waits until it is known whether somebody
  /// still works on them, unless trials of this search are under way: then it is asked again later.
  private func hasRoom(_ shared: SharedStudy) throws -> Bool {
    isWaiting = false
    while !plan.stop.isSet {
      guard shared.claimed.isEmpty || ContinuousClock.now >= nextLook else {
        isWaiting = true
        return false
      }
      let all = try listed()
      guard all.count >= wanted else { return true }
      let notes = try shared.notes()
      let kept = all.filter { !notes.lost.contains($0.number) }
      guard kept.count >= wanted else { return true }
      let own = shared.claimed.union(shared.left)
      let theirs = kept.filter { $0.state == "RUNNING" && !own.contains($0.number) }
      let fates = theirs.map { ($0.number, shared.fate(of: $0.number, notes)) }
      let dead = fates.filter { $0.1 == .dead }.map(\.0)
      for number in dead {
        report(.warning("trial \(number) was begun by a search that does not run any more: another takes its place"))
        try shared.giveUp(number)
        try fail(number)
      }
      guard dead.isEmpty else { continue }
      nextLook = .now + SharedStudy.interval / 2
      isWaiting = fates.contains { $0.1 == .unknown } || (!theirs.isEmpty && !shared.claimed.isEmpty)
      guard isWaiting, shared.claimed.isEmpty else { return false }
      try shared.tick()
      usleep(1_000_000)
    }
    return false
  }

  private func fail(_ number: Int) throws {
    _ = try optuna.call(["tell", "--skip-if-finished", "--trial-number", "\(number - 1)", "--state", "fail"] + study)
  }

  private func ask(_ options: [ConfigValue.Entry]) throws -> (number: Int, values: [ConfigValue]) {
    let kwargs = ConfigValue.map([.init("constant_liar", .boolean(true))] + options).jsonLine
    let answer = try optuna.ask(
      ["ask", "--sampler", "TPESampler", "--sampler-kwargs", kwargs, "--search-space", space] + study)
    guard let trial = trial(answer) else {
      throw OptunaError.notUnderstood(command: "ask", answer: answer.flowText)
    }
    handedOut += 1
    return (trial.number, trial.values)
  }

  func tick() throws { try shared?.tick() }

  func leave(_ trial: Trial) { shared?.leave(trial.number) }

  func take(_ trial: Trial) throws {
    let result = trial.result.map { ["--values=\($0.mean)"] } ?? ["--state", "fail"]
    _ = try optuna.call(
      ["tell", "--skip-if-finished", "--trial-number", "\(trial.number - 1)"] + result + study)
    shared?.release(trial.number)
  }

  func elsewhere(own: Set<Int>) throws -> [Trial] {
    guard let shared else { return [] }
    let (all, lost) = (try listed(), try shared.notes().lost)
    let running = all.filter { $0.state == "RUNNING" && !own.contains($0.number) }.map { "\($0.number)" }
    if !running.isEmpty {
      report(
        .warning(
          "the study has \(all.count { $0.state != "RUNNING" && !lost.contains($0.number) }) of \(wanted) trials; "
            + "still running elsewhere, or left there: \(running.joined(separator: ", "))\n"
            + "  the same command takes note of them later"))
    }
    return all.compactMap { listed in
      guard !own.contains(listed.number), let value = listed.value, value.isFinite else { return nil }
      var trial = Trial(number: listed.number, values: listed.values, runs: plan.runs)
      (trial.state, trial.valueElsewhere) = (.finished, value)
      return trial
    }
  }

  // MARK: What Optuna says and is told

  /// A trial as the study knows it; numbers count from 1 here, from 0 there.
  private struct Listed {
    let number: Int
    let values: [ConfigValue]
    var state = ""
    var value: Double?
  }

  /// The study's trials that have all of the parameters.
  private func listed() throws -> [Listed] {
    let answer = try optuna.ask(["trials"] + study)
    guard case .list(let trials) = answer else {
      throw OptunaError.notUnderstood(command: "trials", answer: answer.flowText)
    }
    return trials.compactMap { trial($0) }
  }

  private func trial(_ answer: ConfigValue) -> Listed? {
    guard case .integer(let number)? = answer["number"], number >= 0, let params = answer["params"] else { return nil }
    let values = plan.settings.parameters.compactMap { parameter in
      params[parameter.name].flatMap { parameter.value(fromOptuna: $0) }
    }
    guard values.count == plan.settings.parameters.count else { return nil }
    var trial = Listed(number: number + 1, values: values)
    if case .string(let state)? = answer["state"] { trial.state = state }
    trial.value = answer["value"]?.asDouble
    return trial
  }

  /// The search space in Optuna's own JSON.
  private var space: String {
    ConfigValue.map(plan.settings.parameters.map { .init($0.name, $0.distribution) }).jsonLine
  }
}

extension SweepParameter {
  /// What `distribution_to_json` of Optuna gives for the parameter. Values that are no numbers between bounds are
  /// choices, each written as JSON.
  fileprivate var distribution: ConfigValue {
    func distribution(_ name: String, _ attributes: [ConfigValue.Entry]) -> ConfigValue {
      .map([.init("name", .string(name)), .init("attributes", .map(attributes))])
    }
    guard case .range(let range) = values, range.count == nil else {
      let choices = (list ?? []).map { ConfigValue.string($0.jsonLine) }
      return distribution("CategoricalDistribution", [.init("choices", .list(choices))])
    }
    let steps = range.step.map { ((range.high - range.low) / $0 + 1e-9).rounded(.down) }
    let high = steps.map { range.low + $0 * (range.step ?? 0) } ?? range.high
    guard range.isWhole else {
      return distribution(
        "FloatDistribution",
        [
          .init("low", .number(range.low)), .init("high", .number(high)), .init("log", .boolean(range.isLogarithmic)),
          .init("step", range.step.map { .number($0) } ?? .null),
        ])
    }
    return distribution(
      "IntDistribution",
      [
        .init("low", .integer(Int(range.low))), .init("high", .integer(Int(high))),
        .init("log", .boolean(range.isLogarithmic)), .init("step", .integer(Int(range.step ?? 1))),
      ])
  }

  /// The value that Optuna means; nil where it is none of this parameter.
  fileprivate func value(fromOptuna value: ConfigValue) -> ConfigValue? {
    guard case .range(let range) = values, range.count == nil else {
      return (list ?? []).first { .string($0.jsonLine) == value }
    }
    guard let number = value.asDouble, range.low - 1e-9...range.high + 1e-9 ~= number else { return nil }
    return range.isWhole ? .integer(Int(number)) : .number(number)
  }
}

extension ConfigValue {
  /// JSON without ends of lines.
  var jsonLine: String {
    json.split(separator: "\n").map { String($0.drop { $0 == " " }) }.joined(separator: " ")
  }
}
