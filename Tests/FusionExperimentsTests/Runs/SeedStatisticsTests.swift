import FusionExperiments
import Testing

/// Mean and deviation over seeds.
@Suite struct SeedStatisticsTests {
  @Test func theDeviationIsUnbiased() throws {
    // numpy.std([0.5, 0.7, 0.9, 0.5], ddof=1)
    let statistics = SeedsSummary.Statistics([0.5, 0.7, 0.9, 0.5])
    #expect(abs(statistics.mean - 0.65) < 1e-12)
    #expect(abs(try #require(statistics.deviation) - 0.19148542155126763) < 1e-12)
    #expect(statistics.values == [0.5, 0.7, 0.9, 0.5])
  }

  @Test func oneSeedHasNoDeviation() {
    #expect(SeedsSummary.Statistics([0.5]).deviation == nil)
  }
}
