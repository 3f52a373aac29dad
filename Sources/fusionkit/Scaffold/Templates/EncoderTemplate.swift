extension PluginTemplate {
  /// One layer over the flattened input.
  static let encoder = PluginTemplate(
    source: #"""
      import FusionCore

      /// One layer over the flattened input: y = tanh(W x + b).
      ///
      /// A start: put the layers of your own in its place.
      public struct __type__: Encoder {
        /// Its name in configurations.
        public static let name = "__name__"
        /// What `fusionkit list` says of it.
        public static let summary = "one layer over the flattened input"

        /// Its keys in configurations.
        public struct Configuration: ComponentConfiguration {
          /// The width of the features.
          public var width = 64
          /// The defaults.
          public init() {}
          /// Each key with its meaning and the values that it takes.
          public static let options: [Option] = [Option("width", "the width of the features", .size)]
        }

        private let linear: Linear

        /// The parameters.
        public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
          linear = Linear(inputs: input.elementCount, outputs: configuration.width, context: context.scope("linear"))
        }

        /// Shapes: `[N, …input]` to `[N, width]`.
        public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
          linear(input.flattened(from: 1), pass).tanh()
        }
      }

      """#,
    facts: """
      **Formula** y = tanh(W x + b)

      **Shapes** `[N, …]` → `[N, width]`

      **Parameters** `linear.weight` `[width, d]`, `linear.bias` `[width]` · **Cost** operations a sample

      """,
    example: """
      modalities:
        image: {type: image, encoder: {type: __name__, width: 64}}
      """,
    experiment: """
      modalities:
        image: {encoder: {type: __name__}}
      fusion: {type: concat}
      """,
    fixture: (ScaffoldFixtures.encoderScript, ScaffoldFixtures.encoderValues))
}
