extension PluginTemplate {
  /// The distance of all modalities from their mean, in a space of one width.
  static let objective = PluginTemplate(
    source: #"""
      import FusionCore

      /// The squared distance of all modalities from their mean, each mapped to one width: mean_m ‖P_m z_m − u‖² / width.
      ///
      /// A start: put the formula of your own in its place.
      public struct __type__: Objective {
        /// Its name in configurations.
        public static let name = "__name__"
        /// What `fusionkit list` says of it.
        public static let summary = "the distance of all modalities from their mean, each mapped to one width"

        /// Its keys in configurations.
        public struct Configuration: ComponentConfiguration {
          /// The width of the space that the modalities are mapped to.
          public var width = 64
          /// The defaults.
          public init() {}
          /// Each key with its meaning and the values that it takes.
          public static let options: [Option] = [
            Option("width", "the width of the space that the modalities are mapped to", .size)
          ]
        }

        /// What it trains and needs; checks before training go by it.
        public static func traits(_ configuration: Configuration) -> ObjectiveTraits {
          ObjectiveTraits(trains: [.encoders, .own], fewestModalities: 2)
        }

        private let projections: [Linear]

        /// The parameters, which the model's optimizer trains and checkpoints hold. State goes into context.buffer(…).
        public init(_ configuration: Configuration, model: ModelShapes, context: BuildContext) {
          projections = model.features.map {
            Linear(
              inputs: $0.width, outputs: configuration.width, context: context.scope("projections.\($0.modality)"))
          }
        }

        /// The mean over the samples, `[]`. A missing modality adds nothing, to the mean point neither.
        public func loss(_ step: TrainingStep) -> ObjectiveLoss? {
          let features = step.features
          let points = features.leavingOut(zip(projections, features.vectors).map { $0($1, step.pass) })
          var center = points.total() / Float(points.count)
          if let factor = features.renormalisation { center = center * factor }
          let distances = points.map { ($0 - center).square().mean(axes: [1], keepDimensions: true) }
          return ObjectiveLoss(features.leavingOut(distances).total().mean() / Float(points.count))
        }
      }

      """#,
    facts: """
      **Formula** L = mean_m ‖P_m z_m − u‖² / width, u the mean of the P_m z_m

      **Shapes** z_m `[N, d_m]` → `[]`

      **Parameters** P_m: `projections.<modality>.weight` `[width, d_m]`, `.bias` `[width]`, in checkpoints and not in the model

      **Trains** encoders and projections · **Needs** two modalities or more

      **Missing modalities** add nothing to a sample's loss

      """,
    example: """
      training:
        objective:
          - {type: task}
          - {type: __name__, weight: 0.1}
      """,
    experiment: """
      fusion: {type: concat}
      training:
        objective:
          - {type: task}
          - {type: __name__, weight: 0.1}
      """,
    fixture: nil)
}
