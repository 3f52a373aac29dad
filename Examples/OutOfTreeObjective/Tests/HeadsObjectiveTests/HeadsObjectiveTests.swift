import FusionConformanceTesting
import HeadsObjective
import Testing

/// Finite losses, gradients, what it trains, determinism, state: all rules of the conformance kit.
@Test func itKeepsTheRules() { expectConformance(of: HeadsObjective.self) }
