import CFusionKernels

typealias Row = UnsafeMutablePointer<Float>

/// One step of a recurrent network for one sample. Rows hold `width` values per gate, gates in PyTorch's order.
protocol RecurrentCell {
  /// How many gates there are: blocks of rows in PyTorch's weights.
  static var gates: Int { get }
  /// How many states are carried from step to step: the hidden state, and the LSTM's memory.
  static var states: Int { get }
  /// How many values per unit `step` keeps for `stepBack`.
  static var kept: Int { get }

  /// Replaces the hidden state h and the memory c by those after the step.
  ///
  /// - Parameters:
  ///   - input: `weight_ih · x + bias_ih`, all gates.
  ///   - hidden: `weight_hh · h + bias_hh`, all gates.
  ///   - c: not touched where the cell has no memory.
  static func step(_ rows: fk_rows, _ width: Int, input: Row, hidden: Row, kept: Row, h: Row, c: Row)

  /// From the gradients dh and dc of the states after the step to those of its gates and, replacing them, of the states
  /// before. What flows to the state before through `weight_hh` is not included.
  ///
  /// - Parameters:
  ///   - h: the hidden state before the step.
  ///   - c: the memory before the step.
  static func stepBack(_ width: Int, kept: Row, h: Row, c: Row, dh: Row, dc: Row, input: Row, hidden: Row)
}

/// The gated recurrent unit (Cho et al. 2014), as PyTorch writes it:
/// r = σ(a_r + b_r), z = σ(a_z + b_z), n = tanh(a_n + r·b_n), h ← (1 − z)·n + z·h, with a from the input, b from h.
enum GatedRecurrentUnit: RecurrentCell {
  static var gates: Int { 3 }
  static var states: Int { 1 }
  static var kept: Int { 4 }  // r, z, n, b_n

  static func step(_ rows: fk_rows, _ width: Int, input: Row, hidden: Row, kept: Row, h: Row, c: Row) {
    for i in 0..<2 * width { kept[i] = input[i] + hidden[i] }
    rows.apply(FK_SIGMOID_OF, kept, 2 * width, kept)
    let (r, z, n, b) = (kept, kept + width, kept + 2 * width, kept + 3 * width)
    b.update(from: hidden + 2 * width, count: width)
    for i in 0..<width { n[i] = input[2 * width + i] + r[i] * b[i] }
    rows.apply(FK_TANH_OF, n, width, n)
    for i in 0..<width { h[i] = n[i] + z[i] * (h[i] - n[i]) }
  }

  static func stepBack(_ width: Int, kept: Row, h: Row, c: Row, dh: Row, dc: Row, input: Row, hidden: Row) {
    let (r, z, n, b) = (kept, kept + width, kept + 2 * width, kept + 3 * width)
    for i in 0..<width {
      let dn = dh[i] * (1 - z[i]) * (1 - n[i] * n[i])
      input[i] = dn * b[i] * r[i] * (1 - r[i])
      input[width + i] = dh[i] * (h[i] - n[i]) * z[i] * (1 - z[i])
      input[2 * width + i] = dn
      hidden[2 * width + i] = dn * r[i]
      dh[i] *= z[i]
    }
    hidden.update(from: input, count: 2 * width)
  }
}

/// Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gates), as PyTorch writes it:
/// i, f, o = σ(a + b), g = tanh(a_g + b_g), c ← f·c + i·g, h ← o·tanh(c); the order of the gates is i, f, g, o.
enum LongShortTermMemory: RecurrentCell {
  static var gates: Int { 4 }
  static var states: Int { 2 }
  static var kept: Int { 5 }  // i, f, g, o, tanh(c)

  static func step(_ rows: fk_rows, _ width: Int, input: Row, hidden: Row, kept: Row, h: Row, c: Row) {
    for i in 0..<4 * width { kept[i] = input[i] + hidden[i] }
    rows.apply(FK_SIGMOID_OF, kept, 2 * width, kept)
    rows.apply(FK_TANH_OF, kept + 2 * width, width, kept + 2 * width)
    rows.apply(FK_SIGMOID_OF, kept + 3 * width, width, kept + 3 * width)
    let (i, f, g, o, t) = (kept, kept + width, kept + 2 * width, kept + 3 * width, kept + 4 * width)
    for u in 0..<width { c[u] = f[u] * c[u] + i[u] * g[u] }
    rows.apply(FK_TANH_OF, c, width, t)
    for u in 0..<width { h[u] = o[u] * t[u] }
  }

  static func stepBack(_ width: Int, kept: Row, h: Row, c: Row, dh: Row, dc: Row, input: Row, hidden: Row) {
    let (i, f, g, o, t) = (kept, kept + width, kept + 2 * width, kept + 3 * width, kept + 4 * width)
    for u in 0..<width {
      let d = dc[u] + dh[u] * o[u] * (1 - t[u] * t[u])
      input[u] = d * g[u] * i[u] * (1 - i[u])
      input[width + u] = d * c[u] * f[u] * (1 - f[u])
      input[2 * width + u] = d * i[u] * (1 - g[u] * g[u])
      input[3 * width + u] = dh[u] * t[u] * o[u] * (1 - o[u])
      dc[u] = d * f[u]
      dh[u] = 0
    }
    hidden.update(from: input, count: 4 * width)
  }
}
