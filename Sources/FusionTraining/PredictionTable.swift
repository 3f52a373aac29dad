import FusionConfig
import FusionCore
import FusionData

/// What a model says about samples, in words: the classes, or the values.
struct PredictionTable {
  private let classes: [String]
  private let isMultilabel: Bool
  /// From which logit on a label counts as predicted.
  private let cut: Float

  /// Words for a task; `classes` are empty for a regression.
  init(task: TaskSettings, classes: [String]) {
    self.classes = classes
    if case .multilabel(let settings) = task {
      (isMultilabel, cut) = (true, Objective.logit(settings.threshold))
    } else {
      (isMultilabel, cut) = (false, 0)
    }
  }

  /// The prediction for one sample: a class, classes separated by spaces, or values separated by spaces.
  func words(_ row: UnsafeMutableBufferPointer<Float>.SubSequence) -> String {
    let row = Array(row)
    if classes.isEmpty { return row.map { "\($0)" }.joined(separator: " ") }
    if isMultilabel { return zip(classes, row).filter { $1 > cut }.map(\.0).joined(separator: " ") }
    let best = row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
    return classes[best]
  }

  /// `id,label,prediction`, and `group` where samples belong together, or without targets `id,prediction`. The id is the row in the data set's arrays.
  func comparison(_ evaluation: Evaluation) throws(DataError) -> String {
    let rows = evaluation.split.rows
    let predictions = predictions(evaluation.outputs)
    guard let labels = try labels(evaluation.split) else {
      return csv(["id", "prediction"], zip(rows, predictions).map { ["\($0)", $1] })
    }
    let groups = evaluation.split.groups
    return csv(
      ["id", "label", "prediction"] + (groups == nil ? [] : ["group"]),
      rows.indices.map { place in
        ["\(rows[place])", labels[place], predictions[place]] + (groups.map { [$0[rows[place]]] } ?? [])
      })
  }

  private func labels(_ split: DataSplit) throws(DataError) -> [String]? {
    switch split.targets {
    case nil: return nil
    case .classes: return split.labels.map { classes[$0] }
    case .flags(let array, _), .values(let array):
      let width = array.sampleCount
      var values = [Float](repeating: 0, count: split.count * width)
      try values.withUnsafeMutableBufferPointer { buffer throws(DataError) in
        try array.gather(rows: split.rows[...], into: buffer.baseAddress!)
      }
      return (0..<split.count).map { row in
        let values = values[row * width..<(row + 1) * width]
        return isMultilabel
          ? zip(classes, values).filter { $1 > 0.5 }.map(\.0).joined(separator: " ")
          : values.map { "\($0)" }.joined(separator: " ")
      }
    }
  }

  /// `id,label` with the prediction as label, as Kaggle takes it; with logits, one more column per class or value.
  func submission(_ outputs: Tensor, rows: [Int], logits: Bool) -> String {
    let width = outputs.count / max(outputs.shape[0], 1)
    let names = classes.isEmpty ? (0..<width).map { "value_\($0)" } : classes.map { "logit_\($0)" }
    let predictions = predictions(outputs)
    return csv(
      ["id", "label"] + (logits ? names : []),
      rows.indices.map { i in
        let values = outputs.storage.values[i * width..<(i + 1) * width]
        return ["\(rows[i])", predictions[i]] + (logits ? values.map { "\($0)" } : [])
      })
  }

  private func predictions(_ outputs: Tensor) -> [String] {
    let width = outputs.count / max(outputs.shape[0], 1)
    return (0..<outputs.shape[0]).map { words(outputs.storage.values[$0 * width..<($0 + 1) * width]) }
  }

  private func csv(_ header: [String], _ rows: [[String]]) -> String {
    ([header] + rows).map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
  }

  /// RFC 4180: fields with a comma, a quote or a line's end stand in quotes.
  private func quoted(_ field: String) -> String {
    guard field.contains(where: { ",\"\n\r".contains($0) }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}
