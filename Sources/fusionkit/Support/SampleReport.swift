import Foundation
import FusionConfig
import FusionTraining

/// What `predict` tells of one sample: each class with its probability, or the values of a regression.
struct SampleReport {
  struct Row {
    /// The class, or the number of the value.
    let name: String
    /// Nil for a regression.
    let probability: Double?
    /// The logit, or the value.
    let output: Double
  }

  let rows: [Row]
  private let showsLogits: Bool

  init(_ prediction: Prediction, task: TaskSettings, logits: Bool) {
    let outputs = prediction.outputs.scalars.map(Double.init)
    let probabilities: [Double?]
    switch task {
    case .classification:
      let largest = outputs.max() ?? 0
      let sum = outputs.reduce(0) { $0 + exp($1 - largest) }
      probabilities = outputs.map { exp($0 - largest) / sum }
    case .multilabel: probabilities = outputs.map { 1 / (1 + exp(-$0)) }
    case .regression: probabilities = outputs.map { _ in nil }
    }
    let names = prediction.classes.isEmpty ? outputs.indices.map { "value_\($0)" } : prediction.classes
    rows = zip(names, zip(probabilities, outputs)).map { Row(name: $0, probability: $1.0, output: $1.1) }
    showsLogits = logits
  }

  /// The likeliest first.
  var text: String {
    guard rows.contains(where: { $0.probability != nil }) else {
      var table = TextTable(["output", "value"], numeric: [1])
      for row in rows { table.add(row.name, "\(Float(row.output))") }
      return table.text
    }
    var table = TextTable(["class", "probability"] + (showsLogits ? ["logit"] : []), numeric: [1, 2])
    for row in rows.sorted(by: { $0.output > $1.output }) {
      table.add(
        [row.name, String(format: "%.4f", row.probability ?? 0)]
          + (showsLogits ? [String(format: "%.4f", row.output)] : []))
    }
    return table.text
  }
}
