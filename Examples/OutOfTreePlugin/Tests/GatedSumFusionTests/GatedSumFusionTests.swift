import FusionConformanceTesting
import GatedSumFusion
import Testing

/// Shapes, gradients, determinism, saved files: all rules of the conformance kit.
@Test func itKeepsTheRules() { expectConformance(of: GatedSumFusion.self) }
