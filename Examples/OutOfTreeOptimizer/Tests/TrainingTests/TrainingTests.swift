import FusionConformanceTesting
import RootSchedule
import SignSGDOptimizer
import Testing

/// Steps, state, determinism: all rules of the conformance kit.
@Test func theyKeepTheRules() {
  expectConformance(of: SignSGDOptimizer.self)
  expectConformance(of: RootSchedule.self)
}
