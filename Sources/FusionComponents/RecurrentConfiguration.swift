import FusionCore

/// What the encoders over sequences share: the options of `gru` and `lstm`, the reading of their input, their layers.
public struct RecurrentConfiguration: ComponentConfiguration {
  /// What becomes of the states of all steps.
  public enum Pool: String, Codable, CaseIterable, Sendable {
    /// The state after the last step, in both directions the last that each has read: a vector.
    case last
    /// The mean over all steps: a vector.
    case mean
    /// All states, as tokens.
    case none
  }

  /// The width of a direction's state.
  public var hidden = 64
  /// Layers, one over the other.
  public var layers = 1
  /// Whether a second scan reads from the end.
  public var bidirectional = false
  /// Between two layers, in training.
  public var dropout = 0.0
  /// What becomes of the states.
  public var pool = Pool.last

  /// The defaults.
  public init() {}

  /// One entry per key.
  public static let options: [Option] = [
    Option("hidden", "the width of the state", .range(1, 16_384)),
    Option("layers", "layers, one over the other", .range(1, 64)),
    Option("bidirectional", "whether a second scan reads from the end; doubles the width of the features"),
    Option("dropout", "share of values between two layers set to zero in training", .range(0, 1, includesUpper: false)),
    Option("pool", "the features: the last state, the mean of all states, or none: all states as tokens", Pool.self),
  ]

  /// The width of the output of a layer.
  public var width: Int { hidden * (bidirectional ? 2 : 1) }
}

/// How an encoder over sequences reads its input: `[T, F]` as it is, `[C, F, T]` (a spectrogram) as T steps of C·F values.
public enum SequenceInput {
  /// The shape as a sequence, `[T, F]`; other shapes are refused.
  public static func shape(_ input: Shape, context: BuildContext) -> Shape {
    switch input.count {
    case 2: input
    case 3: [input[2], input[0] * input[1]]
    default:
      context.refuse(
        "sequences have the shape [steps, features], or [channels, bins, steps] for a spectrogram; the input has "
          + "\(input)", hint: "use the modality 'sequence' or 'spectrogram'")
    }
  }

  /// Shapes: `[N, T, F]` to itself, `[N, C, F, T]` to `[N, T, C·F]`.
  public static func tensor(_ x: Tensor) -> Tensor {
    x.rank == 3 ? x : x.flattened(from: 1, through: 2).transposed()
  }
}

extension RecurrentConfiguration {
  /// The features from what a recurrent network gave: states `[N, T, width]` and the last ones `[N, width]`.
  public func features(_ result: (output: Tensor, state: Tensor)) -> Tensor {
    switch pool {
    case .last: result.state
    case .mean: result.output.mean(axes: [1])
    case .none: result.output
    }
  }
}
