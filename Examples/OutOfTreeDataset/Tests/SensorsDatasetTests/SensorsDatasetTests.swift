import FusionConformanceTesting
import SensorsDataset
import Testing

/// Parts, shapes, classes, missing folders, prediction: all rules of the conformance kit.
@Test func itKeepsTheRules() { expectConformance(of: SensorsDataset.self) }
