import TensorEngine

/// One list of every operation: these on pairs of tensors and on numbers.
let arithmeticCases: [OperationCase] =
  pairs.flatMap { name, function in
    ["", " row", " column", " scalar"].map { OperationCase(name + $0) { function($0[0], $0[1]) } }
  } + [
    OperationCase("add channels") { $0[0] + $0[1] },
    OperationCase("multiply inner and outer") { $0[0] * $0[1] },
    OperationCase("number arithmetic") { 1 + (2 - ($0[0] * 3 - 1)) / 4 + 2 / $0[0] + ($0[0] + 1) },
    OperationCase("maximum ties", smooth: false) { Tensor.maximum($0[0], $0[1]) },
    OperationCase("minimum ties", smooth: false) { Tensor.minimum($0[0], $0[1]) },
    OperationCase("power") { $0[0].pow($0[1]) },
    OperationCase("power of zero", smooth: false) { $0[0].pow($0[1]) },
    OperationCase("compare eq", smooth: false) { $0[0] .== $0[1] },
    OperationCase("compare ne", smooth: false) { $0[0] .!= $0[1] },
    OperationCase("compare gt", smooth: false) { $0[0] .> $0[1] },
    OperationCase("compare ge", smooth: false) { $0[0] .>= $0[1] },
    OperationCase("compare lt", smooth: false) { $0[0] .< $0[1] },
    OperationCase("compare le", smooth: false) { $0[0] .<= $0[1] },
    OperationCase("compare eq number", smooth: false) { $0[0] .== 2 },
    OperationCase("compare ne number", smooth: false) { $0[0] .!= 2 },
    OperationCase("compare gt number", smooth: false) { $0[0] .> 2 },
    OperationCase("compare ge number", smooth: false) { $0[0] .>= 2 },
    OperationCase("compare lt number", smooth: false) { $0[0] .< 2 },
    OperationCase("compare le number", smooth: false) { $0[0] .<= 2 },
    OperationCase("where") { Tensor.where(Tensor([1, 0, 1], shape: [1, 3], device: $0[0].device), $0[0], $0[1]) },
    OperationCase("where infinite", smooth: false) { Tensor.where($0[0] .> 0, $0[0].log(), 0) },
  ]

private let pairs: [(String, @Sendable (Tensor, Tensor) -> Tensor)] = [
  ("add", { $0 + $1 }),
  ("subtract", { $0 - $1 }),
  ("multiply", { $0 * $1 }),
  ("divide", { $0 / $1 }),
  ("maximum", { Tensor.maximum($0, $1) }),
  ("minimum", { Tensor.minimum($0, $1) }),
]
