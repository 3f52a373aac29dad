/// What a pipeline puts in the place of missing modalities before its fusion sees them: the policy at work.
///
/// Values in the place of missing ones never count, whatever they are: they are replaced, not multiplied by 0. Parameters,
/// where the policy has any and there are two modalities or more: `<modality>.token`, a weight of the features' shape; or the
/// buffers `<modality>.mean` and `<modality>.samples`, the running mean of the training features over the last
/// ``window`` samples or so, and how many it stands for.
package struct MissingModalities {
  /// How many samples a running mean looks back on; up to there it is the mean of all samples seen.
  package static let window: Float = 1024

  private let policy: MissingModalityPolicy
  private let fusion: String
  private let modalities: [String]
  private let tokens: [Parameter]
  private let means: [(mean: Parameter, samples: Parameter)]

  /// Makes the parameters in `context`.
  package init(_ policy: MissingModalityPolicy, fusion: String, _ inputs: [ModalityShape], context: BuildContext) {
    self.policy = policy
    self.fusion = fusion
    modalities = inputs.map(\.modality)
    let inputs = inputs.count > 1 ? inputs : []
    tokens =
      policy == .token
      ? inputs.map { context.parameter("\($0.modality).token", $0.shape, .normal(deviation: 0.02)) } : []
    means =
      policy == .mean
      ? inputs.map {
        (
          context.buffer("\($0.modality).mean", $0.shape, .zeros),
          context.buffer("\($0.modality).samples", [], .zeros, isNonNegative: true)
        )
      } : []
  }

  /// Writes down the parameters.
  static func describe(_ policy: MissingModalityPolicy, _ inputs: [ModalityShape], _ summary: inout ModelSummary) {
    guard policy == .token, inputs.count > 1 else { return }
    for input in inputs {
      summary.layer(
        "\(input.modality).token", "learned, in the place of a missing one", output: input.shape,
        parameters: input.width)
    }
  }

  /// Refuses samples without any modality, and, where that is the policy, those that lack one.
  package func check(_ presence: Presence?) throws(PipelineError) {
    guard let presence else { return }
    if let sample = presence.modalityCounts.firstIndex(of: 0) {
      throw PipelineError(problems: [
        Problem(
          "sample \(sample) of the batch has no modality at all: neither \(modalities.joined(separator: " nor "))",
          hint: "leave such samples out")
      ])
    }
    guard policy == .refuse else { return }
    for (index, modality) in modalities.enumerated() {
      guard let sample = (0..<presence.count).first(where: { !presence.has(index, sample: $0) }) else { continue }
      throw PipelineError(problems: [
        Problem(
          path: ["fusion"], "sample \(sample) of the batch lacks '\(modality)', which the fusion '\(fusion)' refuses",
          hint: "choose what takes its place with fusion.missing, or another fusion")
      ])
    }
  }

  /// The features with everything in place; their presence is left only to fusions that leave terms out themselves.
  ///
  /// - Throws: `PipelineError` for samples that cannot be processed.
  package func complete(_ features: Features, _ pass: ForwardPass) throws(PipelineError) -> Features {
    try check(features.presence)
    if pass.mode == .training { follow(features) }
    guard let presence = features.presence else { return features }
    let filled = features.entries.enumerated().map { index, entry in
      let mask = presence.mask(index, rank: entry.tensor.rank, device: pass.device)
      return (entry.modality, mask.map { replaced(entry.tensor, where: $0, index, pass) } ?? entry.tensor)
    }
    let leavesOut = policy == .skip || policy == .renormalise
    return Features(filled, presence: leavesOut ? presence : nil)
  }

  private func replaced(_ tensor: Tensor, where mask: Tensor, _ index: Int, _ pass: ForwardPass) -> Tensor {
    switch policy {
    case .token where !tokens.isEmpty: .where(mask, tensor, pass[tokens[index]].unsqueezed(0))
    case .mean where !means.isEmpty: .where(mask, tensor, means[index].mean.value.unsqueezed(0))
    default: .where(mask, tensor, 0)
    }
  }

  /// Moves the running means by the samples of a batch that have each modality.
  private func follow(_ features: Features) {
    for (index, (mean, samples)) in means.enumerated() {
      let rows = features.presence?.rows(having: index)
      var tensor = features.tensors[index].detached
      if let rows { tensor = tensor.selected(rows, axis: 0) }
      let count = tensor.shape[0]
      guard count > 0 else { continue }
      let total = min(samples.value.item + Float(count), Self.window)
      let share = min(1, Float(count) / total)
      let batch = tensor.mean(axes: [0])
      samples.value.storage.base[0] = total
      for i in 0..<mean.value.count {
        mean.value.storage.base[i] += (batch.storage.base[i] - mean.value.storage.base[i]) * share
      }
    }
  }
}
