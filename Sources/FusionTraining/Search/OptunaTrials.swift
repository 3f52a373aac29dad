import FusionConfig
import FusionCore
import FusionData
import Foundation

/// Trials that a study of Optuna proposes: each is asked for when a place is free, and told when it has ended.
///
/// A study in the search's folder gets seeds that follow from the experiment's, one for each question, so that a search
/// whose trials run one after the other is the same every time. A shared study draws its own.
final class OptunaTrials: TrialSource {
  private let optuna: Optuna
  private let plan: SearchPlan
  private let study: [String]
  private let isShared: Bool
  private let outerFold: Int?
  private let wanted: Int
  /// Trials that were begun before, and are to be handed out first.
  private var known: ArraySlice<(number: Int, values: [ConfigValue])>
  private var handedOut = 0

  /// The number of trials that the study is to have.
  var count: Int { wanted }

  /// Opens the study, or makes it.
  ///
  /// - Parameter records: what this folder holds of the study.
  init(_ optuna: Optuna, _ settings: OptunaSampler, plan: SearchPlan, outerFold: Int?, records: TrialRecords) throws {
    self.optuna = optuna
    self.plan = plan
    self.outerFold = outerFold
    wanted = settings.trials
    isShared = settings.storage != nil
    let suffix = outerFold.map { "-outer-\($0)" } ?? ""
    let name = (settings.study ?? plan.experiment.name) + suffix
    guard isShared || !plan.folder.path.contains("?") else { throw OptunaError.unlawfulPath(plan.folder.path) }
    let storage = ["--storage", settings.storage ?? "sqlite:///" + plan.folder.study]
    study = storage + ["--study-name", name]
    let direction = plan.largerIsBetter ? "maximize" : "minimize"
    _ = try optuna.call(["create-study", "--skip-if-exists", "--direction", direction] + study)
    known = []
    if isShared { try checkDirection(direction, name, storage) }
    let own = records.read()
    var begun = own.values.map { (number: $0.number, values: $0.values) }
    if !isShared {
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
    guard try (isShared ? listed().count : handedOut) < wanted else { return nil }
    var options: [ConfigValue.Entry] = [.init("constant_liar", .boolean(true))]
    if !isShared {
      let random = RandomStream(seed: plan.experiment.seed).derived("optuna").derived(outerFold ?? 0)
      options.append(.init("seed", .integer(random.derived(handedOut).integer(below: 1 << 32, at: 0))))
    }
    let answer = try optuna.ask(
      [
        "ask", "--sampler", "TPESampler", "--sampler-kwargs", ConfigValue.map(options).jsonLine, "--search-space",
        space,
      ]
        + study)
    guard let trial = trial(answer) else {
      throw OptunaError.notUnderstood(command: "ask", answer: answer.flowText)
    }
    handedOut += 1
    return (trial.number, trial.values)
  }

  func take(_ trial: Trial) throws {
    let result = trial.result.map { ["--values=\($0.mean)"] } ?? ["--state", "fail"]
    _ = try optuna.call(
      ["tell", "--skip-if-finished", "--trial-number", "\(trial.number - 1)"] + result + study)
  }

  func elsewhere(own: Set<Int>) throws -> [Trial] {
    guard isShared else { return [] }
    return try listed().compactMap { listed in
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
  fileprivate var jsonLine: String {
    json.split(separator: "\n").map { String($0.drop { $0 == " " }) }.joined(separator: " ")
  }
}
