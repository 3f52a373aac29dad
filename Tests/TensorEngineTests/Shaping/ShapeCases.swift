import TensorEngine

/// Other arrangements of the same values.
let shapeCases: [OperationCase] = [
  OperationCase("reshaped") { $0[0].reshaped([3, -1]) },
  OperationCase("flattened") { $0[0].flattened(from: 1) },
  OperationCase("flattened middle") { $0[0].flattened(from: 1, through: 2) },
  OperationCase("transposed") { $0[0].transposed() },
  OperationCase("permuted") { $0[0].permuted([2, 0, -2]) },
  OperationCase("permuted 4") { $0[0].permuted([0, 2, 1, 3]) },
  OperationCase("squeezed") { $0[0].squeezed(1) },
  OperationCase("squeezed all") { $0[0].squeezed() },
  OperationCase("unsqueezed") { $0[0].unsqueezed(-1) },
  OperationCase("broadcast") { $0[0].broadcast(to: [2, 3, 4]) },
  OperationCase("sliced") { $0[0].sliced(1..<3, axis: 1) },
  OperationCase("sliced step") { $0[0].sliced(1..<7, axis: 0, step: 2) },
  OperationCase("narrow") { $0[0].narrow(axis: -1, start: 1, length: 2) },
  OperationCase("element") { $0[0].selected(2, axis: 1) },
  OperationCase("flipped") { $0[0].flipped([0, 2]) },
  OperationCase("rolled") { $0[0].rolled(by: 2, axis: 1) },
  OperationCase("rolled back") { $0[0].rolled(by: -6, axis: 0) },
  OperationCase("tiled") { $0[0].tiled([2, 1, 3]) },
  OperationCase("repeated") { $0[0].repeated(3, axis: 0) },
  OperationCase("padded") { $0[0].padded([(0, 1), (1, 2)], value: 0.5) },
  OperationCase("concatenated") { Tensor.concatenated($0, axis: 1) },
  OperationCase("concatenated twice") { Tensor.concatenated([$0[0], $0[0]]) },
  OperationCase("stacked") { Tensor.stacked($0, axis: -1) },
  OperationCase("split") {
    let parts = $0[0].split([1, 3], axis: 1).map { $0.sum(axes: [1]) }
    return parts[0] * parts[1]
  },
  OperationCase("chunked") { $0[0].chunked(2, axis: 1)[1] },
  OperationCase("diagonal") { $0[0].diagonal() },
  OperationCase("diagonal batch") { $0[0].diagonal(0, 2) },
  OperationCase("outer") { $0[0].outer($0[1]) },
  OperationCase("selected") { $0[0].selected([2, 0, 2], axis: 1) },
  OperationCase("gathered") { $0[0].gathered([0, 2, 1, 1], shape: [2, 2], axis: 1) },
  OperationCase("gathered 0") { $0[0].gathered([1, 0, 1], shape: [1, 3], axis: 0) },
  OperationCase("scatterAdded") { $0[0].scatterAdded([0, 2, 1, 1], $0[1], axis: 1) },
  OperationCase("scatterAdded 0") { $0[0].scatterAdded([1, 1], $0[1], axis: 0) },
  OperationCase("oneHot") {
    $0[0] * Tensor.oneHot([2, 0, 1, 1], classes: 3, device: $0[0].device).reshaped([2, 2, 3])
  },
  OperationCase("eye") { $0[0] * Tensor.eye(2, 3, device: $0[0].device) },
  OperationCase("arange") { $0[0] * Tensor.arange(1, 7, step: 2, device: $0[0].device) },
]
