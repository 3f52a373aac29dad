import FusionConfig
import FusionCore
import FusionData
import Foundation

/// What a model says of one sample, for programs: as JSON it is what a server of the model would answer.
public struct SamplePrediction: Encodable, Sendable, Equatable {
  /// A class, or those of a sample that may have several.
  public enum Words: Encodable, Sendable, Equatable {
    /// The one class.
    case one(String)
    /// Any number of classes.
    case several([String])

    /// A text, or a list of texts.
    public func encode(to encoder: any Swift.Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .one(let word): try container.encode(word)
      case .several(let words): try container.encode(words)
      }
    }
  }

  /// What the data call the sample.
  public let id: String
  /// The class, or the classes; nil for a regression.
  public let prediction: Words?
  /// The truth, where the data have it.
  public let label: Words?
  /// The probability of each class; nil for a regression.
  public let probabilities: [String: Double]?
  /// The logit of each class, where it was asked for.
  public let logits: [String: Float]?
  /// The values of a regression, in their own units.
  public let values: [Float]?
}

extension Prediction {
  /// Each sample by itself, in order.
  ///
  /// - Parameter logits: whether they are told beside the probabilities.
  /// - Throws: `DataError` where the targets cannot be read.
  public func samples(logits: Bool = false) throws(DataError) -> [SamplePrediction] {
    let width = outputs.count / max(outputs.shape[0], 1)
    let (ids, labels) = (split.sampleIDs, try table.truths(split))
    return ids.indices.map { row in
      let values = Array(outputs.storage.values[row * width..<(row + 1) * width])
      guard !classes.isEmpty else {
        return SamplePrediction(
          id: ids[row], prediction: nil, label: nil, probabilities: nil, logits: nil, values: values)
      }
      func named<Value>(_ values: [Value]) -> [String: Value] {
        Dictionary(zip(classes, values), uniquingKeysWith: { first, _ in first })
      }
      return SamplePrediction(
        id: ids[row], prediction: table.predicted(values), label: labels?[row] ?? nil,
        probabilities: named(table.probabilities(values)), logits: logits ? named(values) : nil, values: nil)
    }
  }
}

extension PredictionTable {
  /// The class of a sample, or its classes.
  func predicted(_ logits: [Float]) -> SamplePrediction.Words {
    if isMultilabel { return .several(zip(classes, logits).filter { $1 > cut }.map(\.0)) }
    return .one(classes[logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }])
  }

  /// The probability of each class.
  func probabilities(_ logits: [Float]) -> [Double] {
    let logits = logits.map(Double.init)
    if isMultilabel { return logits.map { 1 / (1 + exp(-$0)) } }
    let largest = logits.max() ?? 0
    let powers = logits.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// The true class of each sample, or its classes; nil where the data have none, and for a sample of a class that was left
  /// out.
  func truths(_ split: DataSplit) throws(DataError) -> [SamplePrediction.Words?]? {
    switch split.targets {
    case nil, .values: return nil
    case .classes(_, let names):
      return split.labels.map { names.indices.contains($0) ? .one(names[$0]) : nil }
    case .flags(let array, let names):
      let width = array.sampleCount
      var values = [Float](repeating: 0, count: split.count * width)
      try values.withUnsafeMutableBufferPointer { buffer throws(DataError) in
        try array.gather(rows: split.rows[...], into: buffer.baseAddress!)
      }
      return (0..<split.count).map { row in
        .several(zip(names, values[row * width..<(row + 1) * width]).filter { $1 > 0.5 }.map(\.0))
      }
    }
  }
}
