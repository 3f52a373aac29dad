/// What kind of file an input is: how it can be changed and still get past the first check of its reader.
enum Format: String {
  case npy, npz, idx, gzip, wav, safetensors, json, yaml, table, bytes

  /// A changed file.
  ///
  /// - Parameters:
  ///   - others: further files of the kind.
  ///   - dictionary: words that texts of the kind know.
  func mutated(
    _ input: [UInt8], others: [[UInt8]], dictionary: [String] = [], _ random: inout FuzzRandom
  ) -> [UInt8] {
    var bytes = input
    // One change mostly: several hide each other.
    repeat {
      let other = others.isEmpty ? input : random.choose(others)
      if random.oneIn(3) {
        change(&bytes, other, dictionary, &random)
      } else {
        changeInside(&bytes, other, others, dictionary, &random)
      }
    } while random.oneIn(2)
    return Array(bytes.prefix(ByteMutation.longest))
  }

  private var isText: Bool { [.json, .yaml, .table].contains(self) }

  private func change(_ bytes: inout [UInt8], _ other: [UInt8], _ dictionary: [String], _ random: inout FuzzRandom) {
    if isText, !random.oneIn(6) {
      TextMutation.apply(to: &bytes, other: other, dictionary: dictionary, &random)
    } else {
      ByteMutation.apply(to: &bytes, other: other, &random)
    }
  }

  /// A change behind lengths and checksums, which are made to fit again.
  private func changeInside(
    _ bytes: inout [UInt8], _ other: [UInt8], _ others: [[UInt8]], _ dictionary: [String], _ random: inout FuzzRandom
  ) {
    switch self {
    case .npy: Inside.npy(&bytes, &random)
    case .npz: bytes = Inside.npz(&random)
    case .gzip:
      guard var inner = Containers.ungzip(bytes) else { return change(&bytes, other, dictionary, &random) }
      ByteMutation.apply(to: &inner, other: other, &random)
      bytes = Containers.gzip(inner)
    case .wav: Inside.wav(&bytes, &random)
    case .safetensors: Inside.safetensors(&bytes, &random)
    case .json: JSONMutation.apply(to: &bytes, &random)
    case .idx, .yaml, .table, .bytes: change(&bytes, other, dictionary, &random)
    }
  }
}
