import FusionConfig

/// What a report says of a corruption.
struct CorruptionRow: Encodable {
  /// Nil: all modalities at once.
  let modality: String?
  let type: String
  /// By the option that says how strong the transform is; nil where none does.
  let strength: Double?
  /// With all options, as a configuration has them.
  let options: String

  init(_ corruption: Corruption) {
    modality = corruption.modality
    type = corruption.transform.type.name
    strength = corruption.strength
    options = corruption.options
  }

  /// `audio by gaussian_noise, std: 0.5`.
  var text: String { "\(modality ?? "all modalities") by \(options)" }
}

extension [CorruptionRow] {
  /// A line of a report; nil where there are none.
  var line: String? { isEmpty ? nil : "corrupted: " + map(\.text).joined(separator: "; ") }
}
