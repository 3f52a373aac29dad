import FusionConformanceTesting
import Testing
import TimeWarp

/// Repeatable draws, kept shapes, strength 0, finite values: all rules of the conformance kit.
@Test func itKeepsTheRules() { expectConformance(of: TimeWarp.self) }
