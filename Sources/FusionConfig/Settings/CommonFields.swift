import FusionCore

extension ComponentKind {
  /// The keys that stand beside those of every component of the kind, where the component does not have them itself.
  var commonFields: [Field] {
    switch self {
    case .dataset: DataPartSettings.fields
    case .fusion: FusionPartSettings.fields
    case .schedule: SchedulePartSettings.fields
    case .callback: CallbackPartSettings.fields
    case .encoder, .decoder, .modality, .transform, .optimizer, .objective, .metric: []
    }
  }

  /// The same as rows of `fusionkit describe NAME`.
  public var commonOptions: [OptionDescription] { commonFields.map { OptionDescription($0) } }
}
