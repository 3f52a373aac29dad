import FusionComponents
import FusionCore

/// Layers of long short-term memory over a sequence (Hochreiter and Schmidhuber 1997): the last state, the mean of all, or all of them.
public struct LSTMEncoder: Encoder {
  /// Its name in configurations.
  public static let name = "lstm"
  /// What `fusionkit list` says of it.
  public static let summary = "layers of long short-term memory over a sequence [T, F] or a spectrogram"
  /// Its keys, which others of its kind share.
  public typealias Configuration = RecurrentConfiguration

  private let configuration: Configuration
  private let rnn: LSTM

  /// Draws the parameters: for layer k `rnn.weight_ih_l<k>` [4·hidden, inputs], `rnn.weight_hh_l<k>` [4·hidden,
  /// hidden], `rnn.bias_ih_l<k>`, `rnn.bias_hh_l<k>` [4·hidden], uniform within ±1 / √hidden; `_reverse` behind the
  /// name for the other direction.
  public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    let sequence = SequenceInput.shape(input, context: context)
    self.configuration = configuration
    rnn = LSTM(
      inputs: sequence[1], hidden: configuration.hidden, layers: configuration.layers,
      isBidirectional: configuration.bidirectional, dropout: configuration.dropout, context: context.scope("rnn"))
  }

  /// Encodes a batch: `[N, T, F]`, or a spectrogram `[N, C, F, T]` as T steps of C·F values → `[N, hidden]`: the
  /// last state, or the mean of all with `pool: mean`; with `pool: none` all states as tokens `[N, T, hidden]`.
  /// `bidirectional` doubles the width: forwards first; each direction's last state is the one after its last step.
  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    configuration.features(rnn(SequenceInput.tensor(input), pass))
  }
}
