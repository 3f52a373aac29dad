import FusionConfig
import FusionCore
import FusionData

/// What a model says about samples, in words: the classes, or the values.
struct PredictionTable {
  let classes: [String]
  let isMultilabel: Bool
  /// From which logit on a label counts as predicted.
  let cut: Float

  /// Words for a task; `classes` are empty for a regression.
  init(task: TaskSettings, classes: [String]) {
    self.classes = classes
    if case .multilabel(let settings) = task {
      (isMultilabel, cut) = (true, TaskLoss.logit(settings.threshold))
    } else {
      (isMultilabel, cut) = (false, 0)
    }
  }

  /// The prediction for one sample: a class, classes as `CellText` joins them, or values separated by spaces.
  func words(_ row: UnsafeMutableBufferPointer<Float>.SubSequence) -> String {
    let row = Array(row)
    if classes.isEmpty { return row.map { "\($0)" }.joined(separator: " ") }
    if isMultilabel { return CellText.joined(zip(classes, row).filter { $1 > cut }.map(\.0)) }
    let best = row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
    return classes[best]
  }

  /// `id,label,prediction`, and `group` where samples belong together, or without targets `id,prediction`: the truth is
  /// called label, what the model says prediction.
  func comparison(_ evaluation: Evaluation) throws(DataError) -> String {
    let ids = evaluation.split.sampleIDs
    let predictions = predictions(evaluation.outputs)
    guard let labels = try labels(evaluation.split) else {
      return csv(["id", "prediction"], zip(ids, predictions).map { [$0, $1] })
    }
    let (groups, rows) = (evaluation.split.groups, evaluation.split.rows)
    return csv(
      ["id", "label", "prediction"] + (groups == nil ? [] : ["group"]),
      ids.indices.map { place in
        [ids[place], labels[place], predictions[place]] + (groups.map { [$0[rows[place]]] } ?? [])
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
          ? CellText.joined(zip(classes, values).filter { $1 > 0.5 }.map(\.0))
          : values.map { "\($0)" }.joined(separator: " ")
      }
    }
  }

  /// `id,prediction`; with logits, one more column per class or value.
  ///
  /// - Parameter header: the names of the first two columns.
  func predictions(_ outputs: Tensor, of split: DataSplit, logits: Bool, header: (id: String, prediction: String))
    -> String
  {
    let width = outputs.count / max(outputs.shape[0], 1)
    let names = classes.isEmpty ? (0..<width).map { "value_\($0)" } : classes.map { "logit_\($0)" }
    let (ids, predictions) = (split.sampleIDs, predictions(outputs))
    return csv(
      [header.id, header.prediction] + (logits ? names : []),
      ids.indices.map { i in
        let values = outputs.storage.values[i * width..<(i + 1) * width]
        return [ids[i], predictions[i]] + (logits ? values.map { "\($0)" } : [])
      })
  }

  /// The prediction for each sample.
  func predictions(_ outputs: Tensor) -> [String] {
    let width = outputs.count / max(outputs.shape[0], 1)
    return (0..<outputs.shape[0]).map { words(outputs.storage.values[$0 * width..<($0 + 1) * width]) }
  }

  private func csv(_ header: [String], _ rows: [[String]]) -> String {
    ([header] + rows).map { CSV.line($0.map(CellText.guarded)) }.joined()
  }
}
