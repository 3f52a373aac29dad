extension PluginTemplate {
  /// Values that become zero.
  static let transform = PluginTemplate(
    source: #"""
      import FusionCore

      /// Sets each value to zero with a probability.
      ///
      /// A start: put the change of your own in its place.
      public struct __type__: Transform {
        /// Its name in configurations.
        public static let name = "__name__"
        /// What `fusionkit list` says of it.
        public static let summary = "sets each value to zero with a probability"
        /// The option that says how strong it is; 0 changes nothing: `evaluate --corrupt audio=__name__:0.5`.
        public static let strengthKey: String? = "probability"

        /// Its keys in configurations.
        public struct Configuration: ComponentConfiguration {
          /// The probability of each value to become zero.
          public var probability = 0.1
          /// The defaults.
          public init() {}
          /// Each key with its meaning and the values that it takes.
          public static let options: [Option] = [Option("probability", "of each value to become zero", .range(0, 1))]
        }

        /// Two epochs see a sample differently.
        public static func isStochastic(_ configuration: Configuration) -> Bool { true }

        private let probability: Float

        /// `inputs` are the shapes of the modalities that it is for.
        public init(_ configuration: Configuration, inputs: [ModalityShape]) {
          probability = Float(configuration.probability)
        }

        /// One sample at a time. All random numbers come from `random`, which follows from seed, row and epoch.
        public func callAsFunction(_ sample: inout TransformSample, random: RandomStream) {
          for i in sample.modalities.indices {
            let stream = random.derived(sample.modalities[i].modality)
            for k in sample.modalities[i].values.indices where stream.uniform(at: k) < probability {
              sample.modalities[i].values[k] = 0
            }
          }
        }
      }

      """#,
    facts: """
      **Formula** x_k ← 0 with probability p

      **Suits** any shape · **Strength** `probability`

      """,
    example: """
      modalities:
        audio: {type: spectrogram, encoder: {type: lenet}, transforms: [{type: __name__, probability: 0.1}]}
      """,
    experiment: """
      fusion: {type: concat}
      modalities:
        audio: {transforms: [{type: __name__}]}
      """,
    fixture: nil)
}
