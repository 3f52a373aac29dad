import TensorEngine

/// Matrix products in all ranks, and contractions.
let productCases: [OperationCase] =
  ["2 2", "1 1", "1 2", "2 1", "3 2", "2 3", "3 3", "4 4 broadcast", "3 1", "1 3"].map {
    OperationCase("matmul \($0)") { $0[0].matmul($0[1]) }
  } + [
    OperationCase("matmul transposed") { $0[0].matmul($0[1], transposed: true) },
    OperationCase("matmul other transposed") { $0[0].matmul($0[1], otherTransposed: true) },
    OperationCase("matmul both transposed") { $0[0].matmul($0[1], transposed: true, otherTransposed: true) },
  ]
  + Fixture.all.keys.filter { $0.hasPrefix("einsum ") }.sorted().map { name in
    OperationCase(name) { Tensor.einsum(String(name.dropFirst("einsum ".count)), $0) }
  }
