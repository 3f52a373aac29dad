import TensorEngine

/// Reductions over each kind of axes, softmax and running sums.
let reductionCases: [OperationCase] =
  reductions.flatMap { name, function in
    [
      OperationCase("\(name) all") { function($0[0], nil, false) },
      OperationCase("\(name) 1") { function($0[0], [1], false) },
      OperationCase("\(name) -1 kept") { function($0[0], [-1], true) },
      OperationCase("\(name) 0 2") { function($0[0], [0, 2], false) },
      OperationCase("\(name) 0 2 3 kept") { function($0[0], [3, 0, 2], true) },
    ]
  }
  + [
    OperationCase("sum scalar") { $0[0].sum() },
    OperationCase("max ties", smooth: false) { $0[0].max(axes: [1]) },
    OperationCase("min ties", smooth: false) { $0[0].min(axes: [1]) },
    OperationCase("variance biased") { $0[0].variance(axes: [0], correction: 0) },
    OperationCase("deviation biased") { $0[0].standardDeviation(axes: [0], correction: 0) },
    OperationCase("deviation constant", smooth: false) { $0[0].standardDeviation(axes: [1]) },
    OperationCase("norm 0", smooth: false) { $0[0].norm(0, axes: [1]) },
    OperationCase("norm 1") { $0[0].norm(1, axes: [1]) },
    OperationCase("norm 2") { $0[0].norm(axes: [1]) },
    OperationCase("norm 3") { $0[0].norm(3, axes: [1]) },
    OperationCase("norm inf") { $0[0].norm(.infinity, axes: [1]) },
    OperationCase("norm 2 all kept") { $0[0].norm(keepDimensions: true) },
    OperationCase("norm 2 zeros", smooth: false) { $0[0].norm(axes: [1]) },
    OperationCase("norm inf ties", smooth: false) { $0[0].norm(.infinity, axes: [1]) },
    OperationCase("argmax 1", smooth: false) {
      Tensor($0[0].argmax(axis: 1).map(Float.init), shape: [2, 2], device: $0[0].device)
    },
    OperationCase("topMask", smooth: false) { $0[0].topMask(2) },
    OperationCase("topMask 1", smooth: false) { $0[0].topMask(1, axis: 1) },
    OperationCase("topMask ties", smooth: false) { $0[0].topMask(2) },
    OperationCase("product all") { $0[0].product() },
    OperationCase("product 1") { $0[0].product(axes: [1]) },
    OperationCase("product zeros") { $0[0].product(axes: [1]) },
    OperationCase("logSumExp edges", smooth: false) { $0[0].logSumExp(axes: [1]) },
    OperationCase("softmax") { $0[0].softmax() },
    OperationCase("softmax 1") { $0[0].softmax(axis: 1) },
    OperationCase("softmax large", smooth: false) { $0[0].softmax() },
    OperationCase("logSoftmax") { $0[0].logSoftmax() },
    OperationCase("logSoftmax 1") { $0[0].logSoftmax(axis: 1) },
    OperationCase("logSoftmax large", smooth: false) { $0[0].logSoftmax() },
    OperationCase("cumulativeSum") { $0[0].cumulativeSum(axis: -1) },
    OperationCase("cumulativeSum 1") { $0[0].cumulativeSum(axis: 1) },
    OperationCase("cumulativeSum large", smooth: false) { $0[0].cumulativeSum(axis: 1) },
  ]

private let reductions: [(String, @Sendable (Tensor, [Int]?, Bool) -> Tensor)] = [
  ("sum", { $0.sum(axes: $1, keepDimensions: $2) }),
  ("mean", { $0.mean(axes: $1, keepDimensions: $2) }),
  ("max", { $0.max(axes: $1, keepDimensions: $2) }),
  ("min", { $0.min(axes: $1, keepDimensions: $2) }),
  ("variance", { $0.variance(axes: $1, keepDimensions: $2) }),
  ("deviation", { $0.standardDeviation(axes: $1, keepDimensions: $2) }),
  ("logSumExp", { $0.logSumExp(axes: $1, keepDimensions: $2) }),
]
