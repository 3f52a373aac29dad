import FusionCore

extension Check {
  static let schedules = [
    Check(
      "SCD-1", "every step has a rate that is finite and not negative, and the same when it is asked again",
      protects: "rates that are NaN at the end of a run, and schedules that count the calls", of: .schedule
    ) { component, findings in
      guard let kind = ScheduleUnderTest(component, &findings) else { return }
      for (steps, epochs) in [(3, 4), (1, 1), (0, 0)] {
        let schedule = kind.make(steps, epochs)
        let rates = kind.rates(schedule, steps: 0..<steps * epochs + 3)
        if let step = rates.firstIndex(where: { !$0.isFinite || $0 < 0 }) {
          findings.fail(
            "step \(step) of \(epochs) epochs of \(steps): the rate is \(rates[step])   expected a number from 0")
        }
        findings.expectEqual(
          kind.rates(schedule, steps: 0..<rates.count), rates, "the rates when they are asked for again")
      }
    },
    Check(
      "SCD-2", "the rates of the first epochs depend on the length of the run only if that is declared",
      protects: "runs that get more epochs, and had other rates than those that were planned so", of: .schedule
    ) { component, findings in
      guard let kind = ScheduleUnderTest(component, &findings), !kind.dependsOnLength else { return }
      findings.expectEqual(
        kind.rates(kind.make(3, 9), steps: 0..<9), kind.rates(kind.make(3, 4), steps: 0..<9),
        "the rates of the first 3 of 9 epochs, beside those of the first 3 of 4",
        hint: "declare it: static func dependsOnLength(_:) -> Bool { true }")
    },
    Check(
      "SCD-3", "what it remembers goes on alike in another schedule",
      protects: "resumed runs whose rate begins anew", of: .schedule
    ) { component, findings in
      guard let kind = ScheduleUnderTest(component, &findings) else { return }
      var whole = kind.make(3, 30)
      let metrics = [1.0] + Array(repeating: 2.0, count: 14)
      for metric in metrics { whole.endEpoch(metric: metric, higherIsBetter: false) }
      let state = whole.state
      for (name, value) in state.sorted(by: { $0.key < $1.key }) where !value.isFinite {
        findings.fail(
          "the state '\(name)' is \(value)   expected a finite number", hint: "leave it out until there is one")
      }
      var resumed = kind.make(3, 30)
      let problems = resumed.restore(state)
      guard problems.isEmpty else {
        return findings.fail("its own state is refused: \(problems.joined(separator: "; "))")
      }
      for metric in metrics.reversed() {
        findings.expectEqual(
          kind.rates(resumed, steps: 0..<90), kind.rates(whole, steps: 0..<90),
          "the rates after its state was restored",
          hint: "everything that endEpoch changes belongs into 'state'")
        whole.endEpoch(metric: metric, higherIsBetter: false)
        resumed.endEpoch(metric: metric, higherIsBetter: false)
      }
      if resumed.restore(["unknown_state_of_the_kit": 1]).isEmpty {
        findings.fail("state that nobody knows is taken   expected a sentence that names it")
      }
    },
    Check(
      "SCD-4", "it changes the momentum, and follows a metric, only if it declares so",
      protects: "an optimizer whose momentum changes unseen, and a rate that follows what is not recorded",
      of: .schedule
    ) { component, findings in
      guard let kind = ScheduleUnderTest(component, &findings) else { return }
      var schedule = kind.make(3, 30)
      let gives = (0..<90).contains { schedule.momentum(step: $0) != nil }
      findings.expectEqual(
        gives, kind.changesMomentum, "whether momentum(step:) gives a value, as changesMomentum says")
      guard !kind.followsMetric else { return }
      let before = kind.rates(schedule, steps: 0..<90)
      for _ in 0..<20 { schedule.endEpoch(metric: 2, higherIsBetter: false) }
      findings.expectEqual(
        kind.rates(schedule, steps: 0..<90), before,
        "the rates after epochs were shown to a schedule that watches nothing",
        hint: "declare it: static func watchedMetric(_:)")
    },
  ]
}

/// A schedule's type with a configuration.
private struct ScheduleUnderTest {
  let dependsOnLength, changesMomentum, followsMetric: Bool
  private let maker: (ScheduleLength) -> any Schedule

  /// Nil after a finding: the component is no schedule.
  init?(_ component: ConfiguredComponent, _ findings: inout Findings) {
    func configured<S: Schedule>(_ type: S.Type) -> ConfiguredSchedule {
      ConfiguredSchedule(type, component.configuration as! S.Configuration)
    }
    guard let type = component.type as? any Schedule.Type else {
      findings.fail("\(component.type) claims to be a schedule and does not conform to Schedule")
      return nil
    }
    let schedule = configured(type)
    (dependsOnLength, changesMomentum) = (schedule.dependsOnLength, schedule.changesMomentum)
    followsMetric = schedule.watchedMetric != nil
    maker = schedule.make
  }

  func make(_ stepsPerEpoch: Int, _ epochs: Int) -> any Schedule {
    maker(ScheduleLength(stepsPerEpoch: stepsPerEpoch, epochs: epochs))
  }

  func rates(_ schedule: any Schedule, steps: Range<Int>) -> [Double] {
    steps.map { schedule.learningRate(base: 0.5, step: $0) }
  }
}
