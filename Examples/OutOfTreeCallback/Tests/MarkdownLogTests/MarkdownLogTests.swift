import FusionConformanceTesting
import MarkdownLog
import Testing

/// All rules of the conformance kit.
@Test func itKeepsTheRules() { expectConformance(of: MarkdownLog.self) }
