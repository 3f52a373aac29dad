import FusionComponents
import FusionCore

/// Layers of gated recurrent units over a sequence (Cho et al. 2014): the last state, the mean of all, or all of them.
public struct GRUEncoder: Encoder {
  public static let name = "gru"
  public static let summary = "layers of gated recurrent units over a sequence [T, F] or a spectrogram"
  public typealias Configuration = RecurrentConfiguration

  private let configuration: Configuration
  private let rnn: GRU

  public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    let sequence = SequenceInput.shape(input, context: context)
    self.configuration = configuration
    rnn = GRU(
      inputs: sequence[1], hidden: configuration.hidden, layers: configuration.layers,
      isBidirectional: configuration.bidirectional, dropout: configuration.dropout, context: context.scope("rnn"))
  }

  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    configuration.features(rnn(SequenceInput.tensor(input), pass))
  }
}
