import FusionCore
import FusionData

/// The model produced NaN or infinity: no answer can be made of it.
public enum NotFiniteError: UserError, Equatable {
  /// A part of the pipeline gives NaN or infinity for a sample.
  case part(Place)
  /// Every output is finite, and so far from the truth that the loss is not.
  case loss(part: String, row: Int, output: Float)
  /// An objective's loss on a part of the data, or a value beside it, is not.
  case objective(column: String, part: String, value: String)

  /// Where it begins.
  public struct Place: Sendable, Equatable {
    /// The part of the data: `train`, `validation` or `test`.
    public let data: String
    /// The row of the sample in the data set's arrays, from 0.
    public let row: Int
    /// The first part of the pipeline whose output is not finite, in words.
    public let part: String
    /// What it gives: `NaN` or `inf`.
    public let value: String
    /// Whether it is so for every sample of its batch.
    public let isEverySample: Bool
  }

  /// It fails again in the same way.
  public var isLasting: Bool { true }

  init(_ part: NotFinitePart, data: String, row: Int, of count: Int) {
    self = .part(
      Place(
        data: data, row: row, part: part.name, value: part.value.isNaN ? "NaN" : "\(part.value)",
        isEverySample: part.samples == count))
  }

  /// Of outputs `[N, …]` that are finite or not, and whose loss is not.
  init(lossOf output: Tensor, _ split: DataSplit) {
    if let part = NotFinitePart("the model", output) {
      self.init(part, data: split.name, row: split.rows[part.sample], of: split.count)
      return
    }
    let values = output.storage.values
    let largest = values.indices.max { abs(values[$0]) < abs(values[$1]) } ?? 0
    let width = max(1, values.count / max(split.count, 1))
    self = .loss(part: split.name, row: split.rows[largest / width], output: values[largest])
  }

  /// 1: the run failed.
  public var exitStatus: Int32 { 1 }

  /// The sample, the part and what may have happened.
  public var description: String {
    switch self {
    case .part(let it):
      "the model's answer for row \(it.row + 1) of the part '\(it.data)' is not finite: "
        + "\(it.part) gives \(it.value) first\n"
        + (it.isEverySample
          ? "  so it is for every sample of the batch: the weights are damaged, or the training diverged"
          : "  other samples of the batch are well: look at this one's values, they may be far from those trained on")
    case .loss(let part, let row, let output):
      "the loss on the part '\(part)' is not finite: the outputs are, but reach \(output) for row \(row + 1)\n"
        + "  the weights are damaged, the training diverged, or this sample's values are far from those trained on"
    case .objective(let column, let part, let value):
      "the loss '\(column)' on the part '\(part)' is \(value)\n"
        + "  the training diverged, or values of the part are far from those trained on"
    }
  }
}

extension Evaluator {
  /// - Parameters:
  ///   - output: what was computed for the batch.
  ///   - rows: the places in the batch of the output's samples; nil: all of them, in order.
  ///   - all: the rows of the data set's arrays that the batch's rows count; nil: they are rows of these arrays.
  ///   - part: what gave it, in words, where no part before it is to blame.
  ///   - search: looks for the first part that is.
  /// - Throws: ``NotFiniteError`` where the output is not finite.
  func require(
    _ output: Tensor, isFiniteFor batch: Batch, rows: [Int]? = nil, of split: DataSplit, among all: [Int]? = nil,
    part: String = "the model", search: () throws -> NotFinitePart?
  ) throws {
    guard !output.isFinite else { return }
    guard let found = try search() ?? NotFinitePart(part, output, rows: rows) else { return }
    let row = batch.rows[batch.rows.startIndex + found.sample]
    throw NotFiniteError(found, data: split.name, row: all?[row] ?? row, of: rows?.count ?? batch.count)
  }
}
