import FusionConformanceTesting
import GeometricMeanRecall
import Testing

/// Halves, order, direction, undefined cases: all rules of the conformance kit.
@Test func itKeepsTheRules() { expectConformance(of: GeometricMeanRecall.self) }
