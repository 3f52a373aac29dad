extension PluginTemplate {
  /// The sum of all modalities, each mapped to one width.
  static let fusion = PluginTemplate(
    source: #"""
      import FusionCore

      /// The sum of all modalities, each mapped to one width and bent: y = Σ_m tanh(P_m x_m).
      ///
      /// A start: put the formula of your own in its place.
      public struct __type__: Fusion {
        /// Its name in configurations.
        public static let name = "__name__"
        /// What `fusionkit list` says of it.
        public static let summary = "the sum of all modalities, each mapped to one width and bent"

        /// Its keys in configurations.
        public struct Configuration: ComponentConfiguration {
          /// The width of the result.
          public var width = 64
          /// The defaults.
          public init() {}
          /// Each key with its meaning and the values that it takes.
          public static let options: [Option] = [Option("width", "the width of the result", .size)]
        }

        /// What it promises; checks and comparisons go by it.
        public static let traits = FusionTraits(orderMatters: false, missing: .skip)

        private let projections: [Linear]

        /// The parameters, each under the name of its modality.
        public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
          projections = inputs.map {
            Linear(
              inputs: $0.width, outputs: configuration.width, context: context.scope("projections.\($0.modality)"))
          }
        }

        /// Shapes: `[N, d_m]` a modality to `[N, width]`.
        public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
          let terms = zip(projections, features.vectors).map { projection, x in projection(x, pass).tanh() }
          // A missing modality leaves its term out.
          return features.leavingOut(terms).total()
        }
      }

      """#,
    facts: """
      **Formula** y = Σ_m tanh(P_m x_m)

      **Shapes** x_m `[N, d_m]` → y `[N, width]`

      **Parameters** P_m: `projections.<modality>.weight` `[width, d_m]`, `.bias` `[width]` · **Cost** operations a sample

      **Modalities** one or more, in any order; a missing one leaves its term out

      """,
    example: """
      fusion: {type: __name__, width: 64}
      """,
    experiment: """
      fusion: {type: __name__}
      """,
    fixture: (ScaffoldFixtures.fusionScript, ScaffoldFixtures.fusionValues))
}
