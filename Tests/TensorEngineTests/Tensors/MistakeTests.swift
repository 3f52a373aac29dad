import TensorEngine
import Testing

/// A mistake in shapes stops the program, in every build, with the operation, the shapes and what was expected.
@Suite struct MistakeTests {
  static let mistakes: [(operation: String, message: String)] = [
    ("add", "+: shapes [2, 3] and [4] do not broadcast: aligned at the last dimension, sizes have to be equal or 1"),
    ("matmul", "shapes [2, 3] and [2, 3] do not fit: the left has 3 columns, the right 2 rows, expected as many"),
    ("matmul transposed", "[2, 3] transposed and [3, 2] do not fit: the left has 2 columns, the right 3 rows"),
    ("matmul batch", "the dimensions before the last two have to be equal or 1"),
    ("reshaped", "reshaped: [2, 3] holds 6 values, expected as many as [4], which are 4"),
    ("reshaped open", "reshaped: [2, 3] holds 6 values, expected a multiple of the 4 of [4, -1]"),
    ("axis", "sum: a tensor of shape [2, 3] has no axis 2, expected one in -2..<2"),
    ("axis twice", "max: the axes [1, -1] of a tensor of shape [2, 3] name one axis twice"),
    ("empty", "max: no values along axes [0] of a tensor of shape [0], expected at least one"),
    ("concatenated", "concatenated: shapes [2, 3] and [3, 3] differ outside axis 1"),
    ("sliced", "sliced: axis 1 of [2, 3] has no part 1..<5, expected one within 0..<3"),
    ("gathered", "gathered: index 3 for axis 1 of [2, 3], expected one in 0..<3"),
    ("selected", "selected: indices [0, 2] of axis 0 of [2, 3], expected all in 0..<2"),
    ("broadcast", "broadcast: [2, 3] does not broadcast to [3, 2]"),
    ("einsum size", "einsum: 'j' of 'ij,jk->ik' has sizes 3 and 2 in [2, 3], [2, 3], expected one size"),
    ("einsum rank", "einsum: 'ijk->i' does not describe shapes [2, 3], expected one letter per dimension"),
    ("einsum output", "einsum: the output of 'ij->k' has to name letters of the operands, each once"),
    ("einsum ellipsis", "einsum: '...j->j' holds other characters than letters"),
    ("values", "a tensor of shape [2, 2] needs 4 values, 3 were given"),
    ("item", "item: a tensor of shape [2, 3] holds 6 values, not one"),
    ("two tapes", "+: its inputs were recorded on different tapes"),
    ("played twice", "backward: this tape has been played back already"),
    ("wrong pullback", "twice: its gradient has shape [3], its input [2, 3]"),
  ]

  static func make(_ mistake: String, device: Device = Device()) {
    let x = Tensor.ones([2, 3], device: device)
    switch mistake {
    case "add": _ = x + Tensor.ones([4], device: device)
    case "matmul": _ = x.matmul(x)
    case "matmul transposed": _ = x.matmul(x.transposed(), transposed: true)
    case "matmul batch": _ = Tensor.ones([2, 3, 3], device: device).matmul(Tensor.ones([4, 3, 3], device: device))
    case "reshaped": _ = x.reshaped([4])
    case "reshaped open": _ = x.reshaped([4, -1])
    case "axis": _ = x.sum(axes: [2])
    case "axis twice": _ = x.max(axes: [1, -1])
    case "empty": _ = Tensor.ones([0], device: device).max()
    case "concatenated": _ = Tensor.concatenated([x, Tensor.ones([3, 3], device: device)], axis: 1)
    case "sliced": _ = x.sliced(1..<5, axis: 1)
    case "gathered": _ = x.gathered([3], shape: [1, 1], axis: 1)
    case "selected": _ = x.selected([0, 2], axis: 0)
    case "broadcast": _ = x.broadcast(to: [3, 2])
    case "einsum size": _ = Tensor.einsum("ij,jk->ik", x, x)
    case "einsum rank": _ = Tensor.einsum("ijk->i", x)
    case "einsum output": _ = Tensor.einsum("ij->k", x)
    case "einsum ellipsis": _ = Tensor.einsum("...j->j", x)
    case "values": _ = Tensor([1, 2, 3], shape: [2, 2], device: device)
    case "item": _ = x.item
    case "two tapes": _ = Tape().watch(x) { _ in } + Tape().watch(x) { _ in }
    case "played twice":
      let tape = Tape()
      let y = tape.watch(x) { _ in } + x
      tape.backward(from: y)
      tape.backward(from: y)
    case "wrong pullback":
      let tape = Tape()
      let y = Tensor.recorded("twice", inputs: [tape.watch(x) { _ in }], output: x) { [$0.sum(axes: [0])] }
      tape.backward(from: y)
    default: return
    }
  }

  @Test(arguments: mistakes)
  func stopsWithTheReason(_ operation: String, _ message: String) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [operation] in
      MistakeTests.make(operation)
    }
    let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(said.contains(message), "\(said)")
  }
}
