import FusionCore

extension Check {
  static let metrics = [
    Check(
      "MET-1", "two halves merged are the whole, however it is cut into batches",
      protects: "values that depend on the size of a batch, or on how many processes measure", of: .metric
    ) { component, findings in
      try eachSpecimen(component, &findings) { type, specimen, findings in
        let whole = value(type, [specimen.mixed], specimen.context)
        let rows = Array(0..<MetricSpecimen.count)
        for size in [1, 5, 20] {
          let batches = stride(from: 0, to: rows.count, by: size).map {
            specimen.rows(Array(rows[$0..<min($0 + size, rows.count)]))
          }
          findings.expectClose(value(type, batches, specimen.context), whole, "in batches of \(size)")
        }
        for cut in [0, 1, 20, rows.count] {
          let halves = [specimen.rows(Array(rows[..<cut])), specimen.rows(Array(rows[cut...]))]
          findings.expectClose(
            merged(type, halves[0], halves[1], specimen.context), whole,
            "halves of \(cut) and \(rows.count - cut) merged")
        }
      }
    },
    Check(
      "MET-2", "the order of the samples does not matter",
      protects: "values that change with the order in which data are read", of: .metric
    ) { component, findings in
      try eachSpecimen(component, &findings) { type, specimen, findings in
        let order = RandomStream(seed: findings.seed).derived("order").permutation(MetricSpecimen.count)
        findings.expectClose(
          value(type, [specimen.rows(order)], specimen.context), value(type, [specimen.mixed], specimen.context),
          "of samples in another order")
      }
    },
    Check(
      "MET-3", "better predictions have the better value, by the direction that the metric declares",
      protects: "early stopping, sweeps and comparisons that choose the worst model", of: .metric
    ) { component, findings in
      try eachSpecimen(component, &findings) { type, specimen, findings in
        let (perfect, poor) = (
          value(type, [specimen.perfect], specimen.context), value(type, [specimen.poor], specimen.context)
        )
        guard let good = perfect.value, let bad = poor.value else {
          return findings.fail(
            "right predictions: \(words(perfect)), wrong ones: \(words(poor))   expected two numbers")
        }
        guard type.direction == .higherIsBetter ? good > bad : good < bad else {
          return findings.fail(
            "right predictions have \(short(good)), wrong ones \(short(bad)), and direction is .\(type.direction)",
            hint: "direction says whether larger values are better")
        }
      }
    },
    Check(
      "MET-4", "what is undefined is said, with a reason; no value is infinite or NaN",
      protects: "zeros and NaN in tables that mean something else", of: .metric
    ) { component, findings in
      try eachSpecimen(component, &findings) { type, specimen, findings in
        findings.expectSaid(type.init(specimen.context).result, "of no batches", isUndefined: true)
        findings.expectSaid(value(type, [specimen.rows([])], specimen.context), "of no samples", isUndefined: true)
        findings.expectSaid(value(type, [specimen.rows([3])], specimen.context), "of one sample")
        findings.expectSaid(
          value(type, [specimen.rows([3, 3, 3, 3])], specimen.context), "of samples that are all the same")
        findings.expectSaid(
          value(type, [specimen.rows([3, 3, 3]).perfect], specimen.context), "of the same samples, all right")
      }
    },
    Check(
      "MET-5", "what it declares to be computed from is enough, and offered by a task",
      protects: "metrics that read scores which a table of predictions does not hold", of: .metric
    ) { component, findings in
      try eachSpecimen(component, &findings) { type, specimen, findings in
        for input in type.inputs.sorted(by: { $0.rawValue < $1.rawValue }) {
          guard let alone = specimen.alone(input) else { continue }
          findings.expectClose(
            value(type, [alone], specimen.context), value(type, [specimen.mixed], specimen.context),
            "of \(input.rawValue) alone")
        }
      }
    },
    Check(
      "MET-6", "the sums of a decomposable metric give its value",
      protects: "intervals of another quantity than the one in the table", of: .metric
    ) { component, findings in
      try eachSpecimen(component, &findings) { type, specimen, findings in
        guard let type = type as? any DecomposableMetric.Type else { return }
        let metric = type.init(specimen.context)
        var sums = [Double](repeating: 0, count: metric.sumCount)
        for row in 0..<specimen.mixed.count {
          metric.addSums(of: row, in: specimen.mixed) { place, amount in
            guard sums.indices.contains(place) else {
              return findings.fail("a sample adds to sum \(place)   expected 0 to below sumCount, \(sums.count)")
            }
            sums[place] += amount
          }
        }
        findings.expectClose(
          metric.result(ofSums: sums, count: specimen.mixed.count), value(type, [specimen.mixed], specimen.context),
          "from its sums")
      }
    },
  ]

  private static func eachSpecimen(
    _ component: ConfiguredComponent, _ findings: inout Findings,
    _ body: (any Metric.Type, MetricSpecimen, inout Findings) throws -> Void
  ) throws {
    guard let type = component.type as? any Metric.Type else {
      return findings.fail(
        "'\(component.type.name)' is registered as a metric   expected a type that conforms to Metric")
    }
    let specimens = MetricSpecimen.all(for: type, seed: findings.seed)
    if specimens.isEmpty {
      findings.fail("no task offers what it is computed from", hint: "inputs names one form of predictions or more")
    }
    for specimen in specimens {
      try findings.within(specimen.context.task.rawValue) { try body(type, specimen, &$0) }
    }
  }

  private static func value<M: Metric>(_ type: M.Type, _ batches: [MetricSamples], _ context: MetricContext)
    -> MetricResult
  {
    var metric = M(context)
    for batch in batches { metric.add(batch) }
    return metric.result
  }

  private static func merged<M: Metric>(
    _ type: M.Type, _ a: MetricSamples, _ b: MetricSamples, _ context: MetricContext
  ) -> MetricResult {
    var (first, second) = (M(context), M(context))
    if a.count > 0 { first.add(a) }
    if b.count > 0 { second.add(b) }
    first.merge(second)
    return first.result
  }

  fileprivate static func words(_ result: MetricResult) -> String {
    switch result {
    case .value(let value): short(value)
    case .undefined(let reason): "undefined, '\(reason)'"
    }
  }
}

extension Findings {
  /// Notes that two results differ by more than rounding.
  fileprivate mutating func expectClose(_ got: MetricResult, _ expected: MetricResult, _ what: String) {
    switch (got, expected) {
    case (.value(let got), .value(let value)):
      if abs(got - value) > 1e-9 * max(1, abs(value)) || got.isNaN != value.isNaN {
        fail(what, "got \(got)   expected \(value)")
      }
    case (.undefined, .undefined): return
    case (.value, .undefined), (.undefined, .value):
      fail(what, "got \(Check.words(got))   expected \(Check.words(expected))")
    }
  }

  /// Notes a value that is no finite number, or a reason that says nothing.
  fileprivate mutating func expectSaid(_ result: MetricResult, _ what: String, isUndefined: Bool = false) {
    switch result {
    case .value(let value):
      if isUndefined || !value.isFinite {
        fail(
          what, "got \(value)   expected " + (isUndefined ? ".undefined" : "a finite number, or .undefined"),
          hint: "return .undefined with the reason")
      }
    case .undefined(let reason):
      if reason.isEmpty || reason.hasSuffix(".") || reason.contains("\n") {
        fail(what, "undefined, '\(reason)'   expected a clause that says why, without a full stop")
      }
    }
  }
}
