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
]
