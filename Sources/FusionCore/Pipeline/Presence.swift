/// Which samples of a batch have which modality. `nil` for complete batches, which use the unmasked path.
public struct Presence: Sendable, Equatable {
  /// The number of samples, N.
  public let count: Int
  /// For each modality in order, whether each sample has it; nil: all samples have it.
  public let masks: [[Bool]?]

  /// Nil where nothing is missing.
  ///
  /// - Parameters:
  ///   - masks: one entry a modality, nil or of `count` values.
  public init?(_ masks: [[Bool]?], count: Int) {
    require(
      masks.allSatisfy { $0 == nil || $0!.count == count },
      "presence: masks of \(masks.map { $0?.count ?? count }) samples, expected \(count) in each")
    let needed = masks.map { mask in mask.flatMap { $0.contains(false) ? $0 : nil } }
    guard needed.contains(where: { $0 != nil }) else { return nil }
    (self.masks, self.count) = (needed, count)
  }

  /// Whether a sample has a modality.
  public func has(_ modality: Int, sample: Int) -> Bool { masks[modality]?[sample] ?? true }

  /// The samples that have a modality, in order; nil: all of them.
  public func rows(having modality: Int) -> [Int]? {
    masks[modality].map { mask in mask.indices.filter { mask[$0] } }
  }

  /// Whether each sample has a modality, 1 or 0, `[N]`, where that is an input of a model that is written down.
  fileprivate static func given(_ modality: Int, _ device: Device) -> Tensor? {
    guard let log = device.log, log.isRecording,
      let input = log.input(OperationLog.presence(ofModality: modality))
    else { return nil }
    return Tensor(shape: input.shape, storage: input.storage, device: device)
  }

  /// How many modalities each sample has.
  public var modalityCounts: [Int] {
    (0..<count).map { sample in masks.indices.count { has($0, sample: sample) } }
  }

  /// The samples of these indices.
  public func samples(_ rows: [Int]) -> Presence? {
    Presence(masks.map { mask in mask.map { mask in rows.map { mask[$0] } } }, count: rows.count)
  }

  /// What is left of `presence` where only some modalities are looked at: those that are `kept`, in order.
  public static func restricted(_ presence: Presence?, to kept: [Bool], count: Int) -> Presence? {
    Presence(
      kept.enumerated().map { index, isKept in
        isKept ? presence?.masks[index] : [Bool](repeating: false, count: count)
      }, count: count)
  }

  /// 1 for samples that have a modality, 0 for the others: N values along `axis` of a tensor of `rank`; nil: all have it.
  public func mask(_ modality: Int, rank: Int, axis: Int = 0, device: Device) -> Tensor? {
    masks[modality].map { mask in
      var shape = Shape(repeating: 1, count: rank)
      shape[axis] = count
      if let given = Self.given(modality, device) { return given.reshaped(shape) }
      return Tensor(mask.map { $0 ? 1 : 0 }, shape: shape, device: device)
    }
  }
}

extension Features {
  /// Terms, one a modality, of which those of missing modalities leave a fold as it is: 0 for a sum, 1 for a product,
  /// minus infinity for a maximum.
  ///
  /// No gradient flows through what was replaced. Where nothing is missing the terms are handed back as they are.
  ///
  /// - Parameters:
  ///   - terms: in the order of the modalities.
  ///   - value: what takes the place of a missing term.
  ///   - axis: which dimension of the terms counts the samples.
  public func leavingOut(_ terms: [Tensor], as value: Float = 0, axis: Int = 0) -> [Tensor] {
    guard let presence else { return terms }
    return terms.enumerated().map { index, term in
      presence.mask(index, rank: term.rank, axis: axis, device: term.device).map { .where($0, term, value) } ?? term
    }
  }

  /// M over the number of modalities that a sample has, `[N, 1]`: what a mean over all M is to be multiplied by, once
  /// missing terms are left out. Nil where nothing is missing.
  public var renormalisation: Tensor? {
    guard let presence else { return nil }
    let (all, device) = (Float(entries.count), tensors[0].device)
    if Presence.given(0, device) != nil {
      let counts = entries.indices.map { presence.mask($0, rank: 2, device: device)! }.total()
      return all / Tensor.maximum(counts, .ones([], device: device))
    }
    return Tensor(
      presence.modalityCounts.map { all / Float(max($0, 1)) }, shape: [presence.count, 1], device: device)
  }

  /// 1 where a token is one of a modality that its sample lacks, for the tokens `[N, T_m, D]` of some modalities one after
  /// the other: `[N, front + Σ T_m]`. Nil where nothing is missing.
  ///
  /// - Parameters:
  ///   - chosen: the places of the modalities; all of them if not given.
  ///   - front: tokens before them that are always there.
  public func tokenPadding(of chosen: [Int]? = nil, after front: Int = 0) -> Tensor? {
    guard let presence else { return nil }
    let lengths = (chosen ?? Array(entries.indices)).map { (index: $0, count: tensors[$0].shape[1]) }
    let device = tensors[0].device
    if Presence.given(0, device) != nil {
      let parts = lengths.map { index, count in
        (1 - presence.mask(index, rank: 2, device: device)!).broadcast(to: [presence.count, count])
      }
      return .concatenated((front > 0 ? [.zeros([presence.count, front], device: device)] : []) + parts, axis: 1)
    }
    return Tensor(
      (0..<presence.count).flatMap { sample in
        [Float](repeating: 0, count: front)
          + lengths.flatMap { index, count in
            [Float](repeating: presence.has(index, sample: sample) ? 0 : 1, count: count)
          }
      }, shape: [presence.count, lengths.reduce(front) { $0 + $1.count }], device: device)
  }

  /// The features of some samples, in the order of `rows`.
  public func samples(_ rows: [Int]) -> Features {
    Features(entries.map { ($0.modality, $0.tensor.selected(rows, axis: 0)) }, presence: presence?.samples(rows))
  }

  /// The same features as if only some modalities had been seen: those that are `kept`, in order.
  public func restricted(to kept: [Bool]) -> Features {
    Features(entries, presence: .restricted(presence, to: kept, count: tensors[0].shape[0]))
  }
}
