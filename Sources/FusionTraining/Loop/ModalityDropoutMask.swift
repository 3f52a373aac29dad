import FusionConfig
import FusionCore

/// Takes modalities from samples in training: `training.modality_dropout`, after the modality dropout of Neverova et al.
/// (2016, ModDrop), but never all that a sample has.
///
/// One modality of a sample is spared, m with probability w_m = (1 − p_m) / Σ_k (1 − p_k), and every other one is dropped
/// with probability p_m / (1 − w_m): modality m is then missing in exactly the share p_m of the samples that have all,
/// whatever the number of modalities. What is dropped is a function of the seed, the step and the place in the batch.
package struct ModalityDropoutMask {
  private let probabilities: [Double]
  private let random: RandomStream

  /// Nil where nothing is ever dropped: with one modality, or probabilities of 0.
  package init?(_ dropout: ModalityDropout, modalities: [String], seed: UInt64) {
    probabilities = modalities.map(dropout.probability)
    random = RandomStream(seed: seed).derived("modality_dropout")
    guard modalities.count > 1, probabilities.contains(where: { $0 > 0 }) else { return nil }
  }

  /// What is left of a batch in which samples may lack modalities already.
  package func thinned(_ presence: Presence?, count: Int, step: Int) -> Presence? {
    let random = random.derived(step)
    var masks = probabilities.indices.map { modality in
      (0..<count).map { presence?.has(modality, sample: $0) ?? true }
    }
    for sample in 0..<count {
      let own = probabilities.indices.filter { masks[$0][sample] }
      let first = sample * (probabilities.count + 1)
      for modality in dropped(own, draw: { Double(random.uniform(at: first + $0)) }) {
        masks[modality][sample] = false
      }
    }
    return Presence(masks, count: count)
  }

  /// - Parameter draw: number `i` of a sample, in 0 ..< 1.
  private func dropped(_ own: [Int], draw: (_ i: Int) -> Double) -> [Int] {
    let total = own.reduce(0) { $0 + 1 - probabilities[$1] }
    var rest = draw(0) * total
    let spared = own.first { modality in
      rest -= 1 - probabilities[modality]
      return rest < 0
    }
    return own.filter { modality in
      guard modality != spared ?? own.last else { return false }
      return draw(1 + modality) < probabilities[modality] / (1 - (1 - probabilities[modality]) / total)
    }
  }
}
