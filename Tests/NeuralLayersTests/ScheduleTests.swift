import NeuralLayers
import Testing

private struct Fixture: Decodable {
  let rate: Double
  let total: Int
  let rates: [String: [Double]]
}

@Test func ratesEqualPyTorchs() throws {
  let f = try fixture("schedules", as: Fixture.self)
  let curves: [String: LearningRateSchedule.Curve] = [
    "constant": .constant, "step": .step(size: 3, gamma: 0.5), "cosine": .cosine(minimum: 0.01),
  ]
  for (name, curve) in curves {
    for (key, warmUp) in [(name, 0), ("warm_" + name, 4)] {
      let expected = try #require(f.rates[key])
      let schedule = LearningRateSchedule(curve, warmUpSteps: warmUp, warmUpStart: 0.25)
      for step in 0..<f.total {
        // One step per epoch, as PyTorch's schedulers count.
        let rate = schedule.rate(base: f.rate, step: step, stepsPerEpoch: 1, epochs: f.total)
        #expect(abs(rate - expected[step]) < 1e-14, "\(key) at \(step)")
      }
    }
  }
}

@Test func stepsWithinAnEpochMoveTheCosineButNotTheStairs() {
  let stairs = LearningRateSchedule(.step(size: 2, gamma: 0.1))
  let rates = (0..<12).map { stairs.rate(base: 1, step: $0, stepsPerEpoch: 3, epochs: 4) }
  #expect(rates[..<6].allSatisfy { $0 == 1 })
  #expect(rates[6...].allSatisfy { $0 == 0.1 })

  let cosine = LearningRateSchedule(.cosine(minimum: 0))
  #expect(cosine.rate(base: 1, step: 6, stepsPerEpoch: 3, epochs: 4) == 0.5)
  #expect(cosine.rate(base: 1, step: 500, stepsPerEpoch: 3, epochs: 4) == 0)
}

@Test func runsWithoutStepsHaveARate() {
  for curve in [LearningRateSchedule.Curve.constant, .step(size: 0, gamma: 0.5), .cosine(minimum: 0.25)] {
    let rate = LearningRateSchedule(curve).rate(base: 1, step: 0, stepsPerEpoch: 0, epochs: 0)
    #expect(rate == 1, "\(curve)")
  }
}
