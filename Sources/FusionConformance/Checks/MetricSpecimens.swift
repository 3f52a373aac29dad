import FusionCore

/// Predictions that metrics are tried on: for each task that a metric suits, good, poor and mixed ones.
struct MetricSpecimen {
  let context: MetricContext
  /// Predictions that have nothing to do with what is right.
  let poor: MetricSamples
  /// The same targets, partly met.
  let mixed: MetricSamples
  /// The same targets, met.
  let perfect: MetricSamples
  /// Some rows of ``mixed``, in this order.
  let rows: ([Int]) -> MetricSamples
  /// ``mixed`` with nothing but one form of predictions; nil where it cannot stand alone.
  let alone: (MetricInput) -> MetricSamples?

  static let count = 42
  private static let outputs = 7

  /// Those that a metric can be computed from.
  static func all(for type: any Metric.Type, seed: UInt64) -> [MetricSpecimen] {
    let random = RandomStream(seed: seed).derived("metrics")
    return MetricTask.allCases.filter { !type.inputs.isDisjoint(with: $0.inputs) }.map { task in
      switch task {
      case .classification: classification(random)
      case .multilabel: multilabel(random)
      case .regression: regression(random)
      }
    }
  }

  private static func noise(_ random: RandomStream, _ name: String, _ count: Int) -> [Float] {
    let stream = random.derived(name)
    return (0..<count).map { 4 * stream.uniform(at: $0) - 2 }
  }

  private static func classification(_ random: RandomStream) -> MetricSpecimen {
    // Every class occurs.
    let targets = (0..<count).map { $0 % outputs }
    let noise = noise(random, "classes", count * outputs)
    func logits(_ strength: Float) -> [Float] {
      noise.enumerated().map { place, value in
        // What is poor says the next class.
        let said = strength < 0 ? (targets[place / outputs] + 1) % outputs : targets[place / outputs]
        return value + (place % outputs == said ? abs(strength) : 0)
      }
    }
    func samples(_ logits: [Float], _ rows: [Int], loss: Double) -> MetricSamples {
      .logits(
        rows.flatMap { logits[$0 * outputs..<($0 + 1) * outputs] }, targets: rows.map { targets[$0] }, classes: outputs,
        loss: loss)
    }
    let (all, some) = (Array(0..<count), logits(1.5))
    return MetricSpecimen(
      context: MetricContext(.classification, outputs: outputs), poor: samples(logits(-6), all, loss: 9),
      mixed: samples(some, all, loss: 1), perfect: samples(logits(6), all, loss: 0.1).perfect,
      rows: { samples(some, $0, loss: 1) },
      alone: { input in
        let mixed = samples(some, all, loss: 1)
        switch input {
        case .classes: return .classes(mixed.predictedClasses, targets: targets, classes: outputs)
        case .classScores: return .logits(some, targets: targets, classes: outputs)
        case .loss, .labelSets, .labelScores, .values: return nil
        }
      })
  }

  private static func multilabel(_ random: RandomStream) -> MetricSpecimen {
    let targets = (0..<count * outputs).map { ($0 / outputs + $0 % outputs) % 3 == 0 }
    let noise = noise(random, "labels", targets.count)
    func logits(_ strength: Float) -> [Float] {
      zip(noise, targets).map { $0 + ($1 ? strength : -strength) }
    }
    func samples(_ logits: [Float], _ rows: [Int], loss: Double) -> MetricSamples {
      .labelLogits(
        rows.flatMap { logits[$0 * outputs..<($0 + 1) * outputs] },
        targets: rows.flatMap { targets[$0 * outputs..<($0 + 1) * outputs] }, labels: outputs, loss: loss)
    }
    let (all, some) = (Array(0..<count), logits(1))
    return MetricSpecimen(
      context: MetricContext(.multilabel, outputs: outputs), poor: samples(logits(-6), all, loss: 9),
      mixed: samples(some, all, loss: 1), perfect: samples(logits(6), all, loss: 0.1).perfect,
      rows: { samples(some, $0, loss: 1) },
      alone: { input in
        let mixed = samples(some, all, loss: 1)
        switch input {
        case .labelSets: return .labels(mixed.predictedLabels, targets: targets, labels: outputs)
        case .labelScores: return .labelLogits(some, targets: targets, labels: outputs)
        case .loss, .classes, .classScores, .values: return nil
        }
      })
  }

  private static func regression(_ random: RandomStream) -> MetricSpecimen {
    let width = 2
    let targets = noise(random, "targets", count * width).map { Double($0) + 5 }
    let noise = noise(random, "values", targets.count).map(Double.init)
    func predictions(_ strength: Double) -> [Double] {
      zip(targets, noise).map { 5 + strength * ($0 - 5) + (1 - strength) * $1 }
    }
    func samples(_ predictions: [Double], _ rows: [Int], loss: Double) -> MetricSamples {
      .values(
        rows.flatMap { predictions[$0 * width..<($0 + 1) * width] },
        targets: rows.flatMap { targets[$0 * width..<($0 + 1) * width] }, outputs: width, loss: loss)
    }
    let (all, some) = (Array(0..<count), predictions(0.6))
    return MetricSpecimen(
      context: MetricContext(.regression, outputs: width), poor: samples(predictions(-1), all, loss: 9),
      mixed: samples(some, all, loss: 1), perfect: samples(targets, all, loss: 0.1),
      rows: { samples(some, $0, loss: 1) },
      alone: { $0 == .values ? .values(some, targets: targets, outputs: width) : nil })
  }
}
