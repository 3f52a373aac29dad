import FusionCore

/// The source that a scaffolded plugin starts with: small, lawful, meant to be changed.
enum ScaffoldSources {
  static func source(_ kind: ComponentKind) -> String {
    switch kind {
    case .encoder: encoder
    case .decoder: decoder
    case .modality: modality
    case .fusion, .dataset: fusion
    }
  }

  private static let fusion = #"""
    import FusionCore

    /// The sum of all modalities, each mapped to one width and bent: y = Σ_m tanh(P_m x_m).
    ///
    /// A start: put the formula of your own in its place.
    public struct __type__: Fusion {
      public static let name = "__name__"
      public static let summary = "the sum of all modalities, each mapped to one width and bent"

      public struct Configuration: ComponentConfiguration {
        public var width = 64
        public init() {}
        public static let options: [Option] = [Option("width", "the width of the result", .size)]
      }

      /// What it promises; checks and comparisons go by it.
      public static func traits(_ configuration: Configuration) -> FusionTraits {
        FusionTraits(orderMatters: false, missing: .skip)
      }

      /// The first pass: the shape of the result and the cost of each layer, nothing allocated.
      public static func outputShape(
        _ configuration: Configuration, inputs: [ModalityShape], blueprint: inout Blueprint
      ) -> Shape? {
        let width = configuration.width
        for input in inputs {
          blueprint.layer(
            "projections.\(input.modality)", "linear \(input.width) → \(width), tanh", output: [width],
            parameters: Linear.parameterCount(inputs: input.width, outputs: width),
            flops: Linear.flops(inputs: input.width, outputs: width))
        }
        return [width]
      }

      private let projections: [Linear]

      /// The second pass: the parameters, each under the name of its modality.
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

    """#

  private static let encoder = #"""
    import FusionCore

    /// One layer over the flattened input: y = tanh(W x + b).
    ///
    /// A start: put the layers of your own in its place.
    public struct __type__: Encoder {
      public static let name = "__name__"
      public static let summary = "one layer over the flattened input"

      public struct Configuration: ComponentConfiguration {
        public var width = 64
        public init() {}
        public static let options: [Option] = [Option("width", "the width of the features", .size)]
      }

      /// The first pass: the shape of the features and the cost of each layer, nothing allocated.
      public static func outputShape(_ configuration: Configuration, input: Shape, blueprint: inout Blueprint) -> Shape? {
        let (inputs, width) = (input.elementCount, configuration.width)
        blueprint.layer(
          "linear", "linear \(inputs) → \(width), tanh", output: [width],
          parameters: Linear.parameterCount(inputs: inputs, outputs: width),
          flops: Linear.flops(inputs: inputs, outputs: width))
        return [width]
      }

      private let linear: Linear

      /// The second pass: the parameters.
      public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
        linear = Linear(inputs: input.elementCount, outputs: configuration.width, context: context.scope("linear"))
      }

      /// Shapes: `[N, …input]` to `[N, width]`.
      public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
        linear(input.flattened(from: 1), pass).tanh()
      }
    }

    """#

  private static let decoder = #"""
    import FusionCore

    /// One hidden layer to the task's output: y = V tanh(W x + b) + c.
    ///
    /// A start: put the head of your own in its place.
    public struct __type__: Decoder {
      public static let name = "__name__"
      public static let summary = "one hidden layer from the fused features to the output"

      public struct Configuration: ComponentConfiguration {
        public var width = 64
        public init() {}
        public static let options: [Option] = [Option("width", "the width of the hidden layer", .size)]
      }

      /// The first pass: the cost of each layer; `output` is what the task asks for.
      public static func check(_ configuration: Configuration, input: Shape, output: Shape, blueprint: inout Blueprint) {
        let sizes = (input.elementCount, configuration.width, output.elementCount)
        blueprint.layer(
          "hidden", "linear \(sizes.0) → \(sizes.1), tanh", output: [sizes.1],
          parameters: Linear.parameterCount(inputs: sizes.0, outputs: sizes.1),
          flops: Linear.flops(inputs: sizes.0, outputs: sizes.1))
        blueprint.layer(
          "output", "linear \(sizes.1) → \(sizes.2)", output: output,
          parameters: Linear.parameterCount(inputs: sizes.1, outputs: sizes.2),
          flops: Linear.flops(inputs: sizes.1, outputs: sizes.2))
      }

      private let hidden, last: Linear
      private let output: Shape

      /// The second pass: the parameters.
      public init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext) {
        let width = configuration.width
        hidden = Linear(inputs: input.elementCount, outputs: width, context: context.scope("hidden"))
        last = Linear(inputs: width, outputs: output.elementCount, context: context.scope("output"))
        self.output = output
      }

      /// Shapes: `[N, …input]` to `[N, …output]`.
      public func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor {
        last(hidden(fused.flattened(from: 1), pass).tanh(), pass).reshaped([fused.shape[0]] + output)
      }
    }

    """#

  private static let modality = #"""
    import FusionCore

    /// Stored arrays of any shape as vectors.
    ///
    /// A start: say which arrays you read, and into which shape.
    public struct __type__: Modality {
      public static let name = "__name__"
      public static let summary = "arrays of any shape as vectors"

      public struct Configuration: ComponentConfiguration {
        public var values = ValueScale.raw
        public init() {}
        public static let options: [Option] = [Option("values", "how stored numbers are read", ValueScale.self)]
      }

      /// The first pass: the shape that the encoder takes; nil after a problem was reported.
      public static func outputShape(
        _ configuration: Configuration, input: ArrayDescription, blueprint: inout Blueprint
      ) -> Shape? {
        guard let scale = blueprint.resolve(configuration.values, for: input) else { return nil }
        let shape = [input.sampleShape.elementCount]
        blueprint.layer("", "__name__, \(scale)", output: shape)
        return shape
      }

      /// How stored values become those that the model sees; applied while a batch is gathered.
      public static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion {
        configuration.values.conversion(for: input)
      }

      private let width: Int

      /// The second pass.
      public init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext) {
        width = input.sampleShape.elementCount
      }

      /// Shapes: `[N, …sample]` to `[N, width]`.
      public func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor { raw.reshaped([raw.shape[0], width]) }
    }

    """#
}
