import FusionCore

/// How an input falls into tokens: the patches of an image, row by row, or the frames of a sequence.
struct TokenCut {
  /// The shape of one sample.
  let input: Shape
  /// Height and width of a patch; nil for a sequence.
  let patch: Int?

  /// Refuses what does not fit.
  init(_ configuration: TransformerEncoder.Configuration, _ input: Shape, context: BuildContext) {
    self.input = input
    switch input.count {
    case 2:
      patch = nil
      guard let asked = configuration.patch else { return }
      context.refuse(
        "a patch of \(asked)x\(asked) is cut out of an image, and the input \(input) is a sequence of frames",
        key: "patch", hint: "leave 'patch' out: every frame is a token")
    case 3:
      patch = configuration.patch
      guard let size = patch else {
        context.refuse("an image \(input) needs 'patch', the size of the squares it is cut into")
      }
      guard input[1] % size != 0 || input[2] % size != 0 else { return }
      let divisors = (1...min(input[1], input[2])).filter { input[1] % $0 == 0 && input[2] % $0 == 0 }
      context.refuse(
        "patches of \(size)x\(size) do not divide the image of \(input[1])x\(input[2])", key: "patch",
        hint: "sizes that do: " + divisors.map(String.init).joined(separator: ", "))
    default:
      context.refuse(
        "a transformer takes images [channels, height, width] or sequences [steps, features]; the input has \(input)",
        hint: "use the modality 'image', 'spectrogram' or 'sequence'")
    }
  }

  /// The number of tokens.
  var count: Int { patch.map { input[1] / $0 * (input[2] / $0) } ?? input[0] }
  /// The number of values of one token.
  var width: Int { patch.map { input[0] * $0 * $0 } ?? input[1] }

  /// Shapes: `[N, …input]` to `[N, tokens, values]`; a patch's values in the order channel, row, column.
  func tokens(_ x: Tensor) -> Tensor {
    guard let patch else { return x }
    let (rows, columns) = (input[1] / patch, input[2] / patch)
    return x.reshaped([x.shape[0], input[0], rows, patch, columns, patch]).permuted([0, 2, 4, 1, 3, 5])
      .reshaped([x.shape[0], count, width])
  }
}
