/// How a modality reads stored numbers: the choice behind the option `values`.
public enum ValueScale: String, Codable, CaseIterable, Sendable {
  /// Recognised from the stored type and the smallest and largest value; anything unclear is an error, never a guess.
  case auto
  /// 0 to 255, divided by 255.
  case byte
  /// 0 to 1 already.
  case unit
  /// Any numbers, taken as they are.
  case raw

  /// What ``auto`` stands for in an array, or why that cannot be told.
  ///
  /// Unsigned bytes are 0–255. Floating-point values are 0–1 where none lies outside, and 0–255 where none lies outside
  /// that and at least one is above 1.
  public func resolved(for array: ArrayDescription) -> Result<ValueScale, Problem> {
    guard self == .auto else { return .success(self) }
    if array.elementType == "uint8" { return .success(.byte) }
    guard let range = array.valueRange else { return .success(.raw) }
    if range.lowerBound >= 0, range.upperBound <= 1 { return .success(.unit) }
    if range.lowerBound >= 0, range.upperBound <= 255 { return .success(.byte) }
    return .failure(
      Problem(
        path: ["values"],
        "the stored values go from \(range.lowerBound) to \(range.upperBound), which is neither 0–1 nor 0–255",
        hint: "say 'values: raw' to take them as they are"))
  }

  /// The conversion for an array in which this scale has been resolved without a problem.
  ///
  /// - Parameters:
  ///   - mean: subtracted after scaling.
  ///   - deviation: what is divided by after that.
  public func conversion(for array: ArrayDescription, mean: Double = 0, deviation: Double = 1) -> ValueConversion {
    let scale: Double = if case .success(.byte) = resolved(for: array) { 1 / 255.0 } else { 1 }
    return ValueConversion(scale: Float(scale / deviation), offset: Float(-mean / deviation))
  }
}

extension Problem: Error {}

extension Blueprint {
  /// Resolves a scale, or reports why it cannot be.
  ///
  /// - Returns: a word for the table of layers, for example `0–255`; nil after a problem was reported.
  public mutating func resolve(_ scale: ValueScale, for array: ArrayDescription) -> String? {
    switch scale.resolved(for: array) {
    case .success(.byte): return "values 0–255 scaled to 0–1"
    case .success(.unit): return "values 0–1"
    case .success: return "values as stored"
    case .failure(let problem):
      self.problem(problem.message, key: "values", hint: problem.hint)
      return nil
    }
  }
}
