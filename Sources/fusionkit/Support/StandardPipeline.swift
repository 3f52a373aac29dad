import FusionConfig
import FusionCore

/// The pipeline of the scripts that measure PyTorch: two LeNets, a fusion, a head.
enum StandardPipeline {
  /// The widths that the published experiments give their fusions; others take their defaults.
  private static let settings = [
    "add": "width: 64", "multiply": "width: 64", "low_rank_tensor": "width: 120, rank: 40",
    "bimodal_interaction": "form: matrix, width: 240",
  ]

  /// The pipeline with a fusion of this name.
  ///
  /// - Throws: `RegistryError.notFound` for a fusion that is not registered.
  static func experiment(fusion: String, _ registry: Registry) throws -> Experiment {
    let name = try registry.find(.fusion, fusion).type.name
    let options = settings[name].map { ", " + $0 } ?? ""
    return try Experiment.load(
      text: """
        data: {dataset: avmnist}
        modalities:
          image: {type: image, encoder: {type: lenet, channels: 6, blocks: 4}}
          audio: {type: spectrogram, encoder: {type: lenet, channels: 6, blocks: 6}}
        fusion: {type: \(name)\(options)}
        decoder: {type: mlp, hidden: [100], dropout: 0.1}
        """, name: "standard.yaml", registry: registry)
  }
}
