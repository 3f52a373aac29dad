/// What a fusion does where a modality is missing for a sample.
///
/// The pipeline puts zeros, means and tokens in place, and refuses; a fusion that declares one of these sees features
/// without gaps. One that declares to skip or to renormalise is handed ``Features/presence`` and does so itself, with
/// ``Features/leavingOut(_:as:axis:)``.
public enum MissingModalityPolicy: String, Sendable, CaseIterable, Codable {
  /// Zeros take its place.
  case zero
  /// The mean of the training features takes its place.
  case mean
  /// A learned vector takes its place.
  case token
  /// The term is left out.
  case skip
  /// The remaining terms are weighted up.
  case renormalise
  /// The sample cannot be processed.
  case refuse
}

/// What a user asks to be done where a modality is missing: `missing:` in the section of the fusion.
public enum MissingModalityChoice: String, Sendable, CaseIterable, Codable {
  /// What the fusion declares.
  case own
  /// Zeros, whatever the fusion declares.
  case zero
  /// The mean of the training features, whatever the fusion declares.
  case mean
  /// A learned vector, whatever the fusion declares.
  case token
  /// Samples that lack a modality are refused.
  case refuse

  /// The policy that follows for a fusion that declares `declared`.
  public func policy(declared: MissingModalityPolicy) -> MissingModalityPolicy {
    switch self {
    case .own: declared
    case .zero: .zero
    case .mean: .mean
    case .token: .token
    case .refuse: .refuse
    }
  }
}
