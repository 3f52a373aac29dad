/// How images and spectrograms read stored numbers: the choice behind their option `values`.
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
  /// Unsigned bytes are 0–255. Other numbers are 0–1 where none lies outside, and 0–255 where none lies outside that and
  /// the largest is 255: numbers that end at 16, say, may be on any scale.
  public func resolved(for array: ArrayDescription) -> Result<ValueScale, Problem> {
    guard self == .auto else { return .success(self) }
    if array.elementType == "uint8" { return .success(.byte) }
    guard let range = array.valueRange else { return .success(.raw) }
    if range.lowerBound >= 0, range.upperBound <= 1 { return .success(.unit) }
    if range.lowerBound >= 0, range.upperBound == 255 { return .success(.byte) }
    let isWithinBytes = range.lowerBound >= 0 && range.upperBound < 255
    return .failure(
      Problem(
        path: ["values"],
        "the stored values go from \(short(range.lowerBound)) to \(short(range.upperBound)), "
          + (isWithinBytes ? "which may be on any scale" : "which is neither 0–1 nor 0–255"),
        hint: isWithinBytes
          ? "say 'values: byte' to divide them by 255, 'values: raw' to take them as they are (divided by "
            + "'deviation', say \(short(range.upperBound)))"
          : "say 'values: raw' to take them as they are"))
  }

  /// The conversion for an array in which this scale has been resolved without a problem, or another array that is read
  /// by a model of such a one: that need not reach 255.
  ///
  /// - Parameters:
  ///   - mean: subtracted after scaling.
  ///   - deviation: what is divided by after that.
  public func conversion(for array: ArrayDescription, mean: Double = 0, deviation: Double = 1) -> ValueConversion {
    var isByte = self == .byte
    if self == .auto {
      isByte =
        array.elementType == "uint8"
        || array.valueRange.map { $0.lowerBound >= 0 && 1 < $0.upperBound && $0.upperBound <= 255 } ?? false
    }
    return ValueConversion(scale: isByte ? Float(1 / 255.0) : 1, mean: mean, deviation: deviation)
  }

  private func short(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}

extension Problem: Error {}

extension ValueScale {
  /// What is done to the values, for the table of layers; refuses an array whose scale cannot be told.
  public func words(for array: ArrayDescription, context: BuildContext) -> String {
    switch resolved(for: array) {
    case .success(.byte): return "values 0–255 scaled to 0–1"
    case .success(.unit): return "values 0–1"
    case .success: return "values as stored"
    case .failure(let problem):
      context.problem(problem.message, key: "values", hint: problem.hint)
      return "values"
    }
  }
}
