/// What a fusion declares about itself; checks are gated by traits, never by names.
public struct FusionTraits: Sendable, Equatable {
  /// The fewest and the most modalities it takes; no upper end: any number.
  public var fewest: Int
  /// See ``fewest``.
  public var most: Int?
  /// Whether exchanging two modalities can change the result beyond the names of parameters.
  public var orderMatters: Bool
  /// Whether two evaluations of the same batch may differ.
  public var isStochastic: Bool
  /// What it does with a missing modality.
  public var missing: MissingModalityPolicy
  /// What it names beside its result with ``ForwardPass/sideOutput(_:_:)``, for objectives to read; `<modality>` stands for
  /// the name of each: `logits.<modality>`.
  public var sideOutputs: [String]

  /// Traits; the defaults suit most fusions.
  public init(
    fewest: Int = 1, most: Int? = nil, orderMatters: Bool = true, isStochastic: Bool = false,
    missing: MissingModalityPolicy = .zero, sideOutputs: [String] = []
  ) {
    self.fewest = fewest
    self.most = most
    self.orderMatters = orderMatters
    self.isStochastic = isStochastic
    self.missing = missing
    self.sideOutputs = sideOutputs
  }

  /// In words, for error messages: `exactly 2`, `2 or more`, `1 to 3`.
  public var arity: String {
    guard let most else { return "\(fewest) or more" }
    return fewest == most ? "exactly \(fewest)" : "\(fewest) to \(most)"
  }
}
