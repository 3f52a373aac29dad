extension PluginTemplate {
  /// Gradient descent with a velocity.
  static let optimizer = PluginTemplate(
    source: #"""
      import FusionCore

      /// Gradient descent with a velocity: v ← μv + g; θ ← θ − ηv.
      ///
      /// A start: put the rule of your own in its place.
      public final class __type__: Optimizer {
        /// Its name in configurations.
        public static let name = "__name__"
        /// What `fusionkit list` says of it.
        public static let summary = "gradient descent with a velocity"

        /// Its keys in configurations.
        public struct Configuration: ComponentConfiguration {
          /// Step length.
          public var learningRate = 1e-3
          /// How much of the previous step is kept.
          public var momentum = 0.9
          /// The defaults.
          public init() {}
          private enum CodingKeys: String, CodingKey {
            case learningRate = "learning_rate"
            case momentum
          }
          /// Each key with its meaning and the values that it takes.
          public static let options: [Option] = [
            Option("learning_rate", "step length", .atLeast(0)),
            Option("momentum", "how much of the previous step is kept", .range(0, 1, includesUpper: false)),
          ]
        }

        /// Of the next step: schedules write to it.
        public var learningRate: Double
        private let momentum: Float
        private var memory: OptimizerState

        /// An optimizer over these parameters, which remembers nothing yet.
        public init(_ configuration: Configuration, parameters: [Parameter]) {
          learningRate = configuration.learningRate
          momentum = Float(configuration.momentum)
          memory = OptimizerState(parameters, keys: ["momentum_buffer"])
        }

        /// Saved in checkpoints, so that a resumed run goes on to the same bits.
        public var state: [(name: String, tensor: Tensor)] { memory.tensors }
        /// Takes over what `state` gave; tells what is wrong with it.
        public func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { memory.restore(state) }

        /// One step; parameters without a gradient, and frozen ones, are passed over.
        public func step() {
          let rate = Float(learningRate)
          memory.parameters.forEachGradient { parameter, gradient in
            let (value, slope) = (parameter.value.storage.base, gradient.storage.base)
            let velocity = memory.values("momentum_buffer", of: parameter)
            parameter.value.device.forEachBlock(of: gradient.count) { [momentum] range in
              for i in range {
                velocity[i] = momentum * velocity[i] + slope[i]
                value[i] -= rate * velocity[i]
              }
            }
          }
        }
      }

      """#,
    facts: """
      **Formula** v ← μv + g; θ ← θ − ηv

      **Remembers** `momentum_buffer`, of the shape of each parameter

      """,
    example: """
      training:
        optimizer: {type: __name__, learning_rate: 1e-3}
      """,
    experiment: """
      fusion: {type: concat}
      training:
        optimizer: {type: __name__, learning_rate: 0.01}
      """,
    fixture: nil)
}
