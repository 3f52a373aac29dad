import FusionCore

/// How the stored numbers of vectors and sequences are read: the choice behind their option `values`.
public enum FeatureValues: String, Codable, CaseIterable, Sendable {
  /// Standardised, unless the configuration gives a mean or a deviation of its own.
  case auto
  /// Each feature minus its mean, divided by its deviation, both those of the training part.
  case standardise
  /// 0 to 255, divided by 255.
  case byte
  /// 0 to 1 already.
  case unit
  /// Any numbers, taken as they are.
  case raw

  /// Whether values are standardised.
  ///
  /// - Parameters:
  ///   - mean: what the configuration subtracts from all values.
  ///   - deviation: what it divides all values by.
  public func standardises(mean: Double, deviation: Double) -> Bool {
    switch self {
    case .standardise: true
    case .auto: mean == 0 && deviation == 1
    case .byte, .unit, .raw: false
    }
  }

  /// What is done to the values, for the table of layers; refuses a mean or a deviation beside `standardise`.
  public func words(mean: Double, deviation: Double, context: BuildContext) -> String {
    if self == .standardise, mean != 0 || deviation != 1 {
      context.problem(
        "'standardise' takes mean and deviation from the training part: there is nothing left to subtract or divide by",
        key: mean != 0 ? "mean" : "std", hint: "leave 'mean' and 'std' out, or say 'values: raw'")
    }
    switch self {
    case .byte: return "values 0–255 scaled to 0–1"
    case .unit: return "values 0–1"
    case .raw: return "values as stored"
    case .auto, .standardise:
      return standardises(mean: mean, deviation: deviation)
        ? "values standardised by the training part" : "values as stored"
    }
  }

  /// The conversion; that of standardised values is completed by the pipeline.
  public func conversion(mean: Double, deviation: Double) -> ValueConversion {
    standardises(mean: mean, deviation: deviation)
      ? .identity : ValueConversion(scale: self == .byte ? Float(1 / 255.0) : 1, mean: mean, deviation: deviation)
  }
}
