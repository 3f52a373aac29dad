import Foundation
import FusionConfig
import FusionCore
import Schedules
import Testing

import FusionTraining

/// A warm-up in front of a schedule, against PyTorch's `LinearLR` and `SequentialLR`.
@Test func theWarmUpAndWhatFollowsEqualPyTorchs() throws {
  struct Fixture: Decodable {
    struct Case: Decodable {
      let name: String
      let rates: [Double]
    }
    let stepsPerEpoch: Int
    let epochs: Int
    let rate: Double
    let warm: [Case]
  }
  let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/optimizers/schedules.json")
  let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  let types: [String: ConfiguredSchedule] = [
    "constant": ConfiguredSchedule(ConstantSchedule.self, .init(), warmupEpochs: 1),
    "cosine": ConfiguredSchedule(CosineSchedule.self, .init(), warmupEpochs: 1),
    "polynomial": ConfiguredSchedule(PolynomialSchedule.self, .init(), warmupEpochs: 1),
  ]
  #expect(fixture.warm.count == 3)
  for c in fixture.warm {
    let course = LearningRateCourse(
      try #require(types[c.name]), stepsPerEpoch: fixture.stepsPerEpoch, epochs: fixture.epochs)
    for (step, expected) in c.rates.enumerated() {
      #expect(abs(course.learningRate(base: fixture.rate, step: step) - expected) < 1e-12, "\(c.name) step \(step)")
    }
  }
}
