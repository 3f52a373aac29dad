import FusionCore

/// The scalar keys at the top of a configuration.
struct IdentitySettings: ComponentConfiguration {
  var name: String?
  var seed: UInt64 = 0

  init() {}

  static let options = [
    Option("name", "what the run is called; by default the file's name without its extension"),
    Option("seed", "what all random numbers are derived from"),
  ]
}

/// The sections of a configuration, in the order in which they are written out.
enum Section: String, CaseIterable {
  case data, modalities, fusion, decoder, task, training, compare, sweep

  /// What a file that lacks the section should say; nil: it may be left out.
  var example: String? {
    switch self {
    case .data: "data: {dataset: avmnist, root: data/avmnist}"
    case .modalities: "modalities: {image: {type: image, encoder: {type: lenet}}}"
    case .fusion: "fusion: {type: concat}"
    case .decoder: "decoder: {type: mlp}"
    case .task, .training, .compare, .sweep: nil
    }
  }

  var summary: String {
    switch self {
    case .data: "which data"
    case .modalities: "the inputs, in the order in which their features are fused"
    case .fusion: "joins the features of all modalities"
    case .decoder: "from fused features to the task"
    case .task: "what is asked of the pipeline"
    case .training: "how the pipeline is trained"
    case .compare: "what 'fusionkit compare' runs with other options than the defaults; no part of a run"
    case .sweep: "how the best hyper-parameters are searched for (fusionkit sweep)"
    }
  }
}
