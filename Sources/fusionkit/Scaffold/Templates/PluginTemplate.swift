import FusionCore

/// What `fusionkit plugin new` writes for a kind of component; `__name__`, `__type__` and `__stem__` stand for the names.
///
/// Each kind has a file of its own beside this one.
struct PluginTemplate {
  /// The Swift source: small, complete, meant to be changed.
  let source: String
  /// The README between its heading and its example: formula, shapes, state.
  let facts: String
  /// How a configuration names it, for the README.
  let example: String
  /// The lines of an experiment that tries it, beside those of the base.
  let experiment: String
  /// Values by PyTorch and the script that made them; nil: there is nothing to compute.
  let fixture: (script: String, values: String)?
  /// What its target depends on.
  var product = "FusionCore"
  /// Whether it stands on its own data: then its experiment extends no other.
  var isWhole = false
}

extension ComponentKind {
  /// What a new component of the kind starts with; nil: `plugin new` cannot start one.
  var template: PluginTemplate? {
    switch self {
    case .fusion: .fusion
    case .encoder: .encoder
    case .decoder: .decoder
    case .modality: .modality
    case .optimizer: .optimizer
    case .schedule: .schedule
    case .objective: .objective
    case .metric: .metric
    case .dataset: .dataset
    case .transform: .transform
    case .callback: .callback
    }
  }
}
