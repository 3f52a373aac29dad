import TensorEngine

/// Functions of one value, with the fixtures' arguments; those with a second fixture at the edges of their range.
let functionCases: [OperationCase] =
  functions.map { name, function in OperationCase(name) { function($0[0]) } }
  + functions.filter { Fixture.all["\($0.0) edges"] != nil }.map { name, function in
    OperationCase("\(name) edges", smooth: false) { function($0[0]) }
  }

private let functions: [(String, @Sendable (Tensor) -> Tensor)] = [
  ("negate", { -$0 }),
  ("exp", { $0.exp() }),
  ("log", { $0.log() }),
  ("log1p", { $0.log1p() }),
  ("sqrt", { $0.sqrt() }),
  ("rsqrt", { $0.rsqrt() }),
  ("square", { $0.square() }),
  ("abs", { $0.abs() }),
  ("sign", { $0.sign() }),
  ("clamp", { $0.clamp(-1, 1) }),
  ("clamp above", { $0.clamp(-.infinity, 0.5) }),
  ("sin", { $0.sin() }),
  ("cos", { $0.cos() }),
  ("erf", { $0.erf() }),
  ("pow 3", { $0.pow(3) }),
  ("pow 0", { $0.pow(0) }),
  ("pow -2", { $0.pow(-2) }),
  ("pow 0.5", { $0.pow(0.5) }),
  ("relu", { $0.relu() }),
  ("leakyRelu", { $0.leakyRelu() }),
  ("leakyRelu 0.2", { $0.leakyRelu(slope: 0.2) }),
  ("elu", { $0.elu() }),
  ("elu 0.5", { $0.elu(alpha: 0.5) }),
  ("gelu", { $0.gelu() }),
  ("geluTanh", { $0.geluTanh() }),
  ("sigmoid", { $0.sigmoid() }),
  ("tanh", { $0.tanh() }),
  ("softplus", { $0.softplus() }),
  ("softplus 3", { $0.softplus(beta: 3, threshold: 2) }),
  ("silu", { $0.silu() }),
]
