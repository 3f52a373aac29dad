import AllPlugins
import Schedules
import Testing

/// The schedules against `torch.optim.lr_scheduler`.
@Suite struct ScheduleTests {
  private struct Data {
    let fixture: TorchFixture
    let steps, epochs: Int
    let rate: Double
    let metrics: [Double]
    var length: ScheduleLength { ScheduleLength(stepsPerEpoch: steps, epochs: epochs) }

    init() throws {
      fixture = try TorchFixture("schedules")
      steps = try #require(fixture.content["stepsPerEpoch"] as? Int)
      epochs = try #require(fixture.content["epochs"] as? Int)
      rate = try #require(fixture.content["rate"] as? Double)
      metrics = try #require(fixture.content["metrics"] as? [Double])
    }
  }

  @Test func everyScheduleHasCases() throws {
    let names = try Registry.allPlugins().all(.schedule).map { $0.type.name }
    #expect(Set(try Data().fixture.cases(.schedule).map { $0.type.name }) == Set(names))
  }

  @Test func ratesAndMomentaEqualPyTorchs() throws {
    let data = try Data()
    for c in try data.fixture.cases(.schedule) {
      var schedule = try c.schedule(data.length)
      let (rates, momenta) = (c.numbers("rates"), c.numbers("momenta"))
      try #require(rates.count == data.steps * data.epochs)
      for step in rates.indices {
        let rate = schedule.learningRate(base: data.rate, step: step)
        #expect(abs(rate - rates[step]) < 1e-12, "\(c) step \(step)")
        #expect(abs((schedule.momentum(step: step) ?? 0.6) - momenta[step]) < 1e-12, "\(c) step \(step)")
        guard (step + 1).isMultiple(of: data.steps) else { continue }
        schedule.endEpoch(
          metric: data.metrics[step / data.steps], higherIsBetter: c.yaml.contains("\"max\""))
      }
    }
  }

  /// What a schedule remembers goes through a checkpoint's JSON.
  @Test func aRestoredScheduleGoesOnAlike() throws {
    let data = try Data()
    for c in try data.fixture.cases(.schedule) {
      var whole = try c.schedule(data.length)
      for (epoch, metric) in data.metrics.enumerated() {
        var restored = try c.schedule(data.length)
        #expect(restored.restore(whole.state) == [], "\(c)")
        restored.endEpoch(metric: metric, higherIsBetter: false)
        whole.endEpoch(metric: metric, higherIsBetter: false)
        #expect(restored.state == whole.state, "\(c)")
        let step = (epoch + 1) * data.steps
        #expect(
          restored.learningRate(base: 1, step: step) == whole.learningRate(base: 1, step: step), "\(c) epoch \(epoch)")
      }
    }
  }

  @Test func stateThatIsNoneIsRefusedWhole() {
    var plateau = ReduceOnPlateauSchedule(.init(), length: ScheduleLength(stepsPerEpoch: 1, epochs: 1))
    let before = plateau.state
    let problems = plateau.restore(["num_bad_epochs": 0.5, "cooldown_counter": 0, "nonsense": 1])
    #expect(
      problems == [
        "the schedule 'reduce_on_plateau' knows no state 'nonsense'",
        "the state 'num_bad_epochs' of the schedule 'reduce_on_plateau' is not a number of epochs",
        "the state 'reductions' of the schedule 'reduce_on_plateau' is not a number of epochs",
      ])
    #expect(plateau.state == before)
    var constant = ConstantSchedule(.init(), length: ScheduleLength(stepsPerEpoch: 1, epochs: 1))
    #expect(constant.restore(["best": 1]) == ["the schedule 'constant' knows no state 'best'"])
  }

  @Test func stepsWithinAnEpochMoveTheCosineButNotTheStairs() {
    let length = ScheduleLength(stepsPerEpoch: 3, epochs: 4)
    var two = StepSchedule.Configuration()
    two.stepSize = 2
    let stairs = StepSchedule(two, length: length)
    let rates = (0..<12).map { stairs.learningRate(base: 1, step: $0) }
    #expect(rates[..<6].allSatisfy { $0 == 1 })
    #expect(rates[6...].allSatisfy { $0 == 0.1 })

    let cosine = CosineSchedule(.init(), length: length)
    #expect(cosine.learningRate(base: 1, step: 6) == 0.5)
    #expect(cosine.learningRate(base: 1, step: 500) == 0)
  }

  @Test func runsWithoutStepsHaveARate() throws {
    for c in try Data().fixture.cases(.schedule) {
      let schedule = try c.schedule(ScheduleLength(stepsPerEpoch: 0, epochs: 0))
      #expect(schedule.learningRate(base: 1, step: 0).isFinite, "\(c)")
    }
  }
}
