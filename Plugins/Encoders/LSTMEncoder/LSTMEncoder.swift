import FusionComponents
import FusionCore

/// Layers of long short-term memory over a sequence (Hochreiter and Schmidhuber 1997): the last state, the mean of all, or all of them.
public struct LSTMEncoder: Encoder {
  public static let name = "lstm"
  public static let summary = "layers of long short-term memory over a sequence [T, F] or a spectrogram"
  public typealias Configuration = RecurrentConfiguration

  private let configuration: Configuration
  private let rnn: LSTM

  public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    let sequence = SequenceInput.shape(input, context: context)
    self.configuration = configuration
    rnn = LSTM(
      inputs: sequence[1], hidden: configuration.hidden, layers: configuration.layers,
      isBidirectional: configuration.bidirectional, dropout: configuration.dropout, context: context.scope("rnn"))
  }

  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    configuration.features(rnn(SequenceInput.tensor(input), pass))
  }
}
