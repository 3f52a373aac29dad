import FusionCore

/// `learning_rate`, which every optimizer has.
let learningRateOption = Option("learning_rate", "step length", .atLeast(0))

/// `betas`, `eps` and their kin, as Adam and its relatives describe them.
let betasOption = Option(
  "betas", "decay of the running averages of gradient and square", .range(0, 1, includesUpper: false))
let epsOption = Option("eps", "added to the denominator", .atLeast(0))

/// What is wrong with `betas` beyond the range of each.
func betasProblems(_ betas: [Double]) -> [Problem] {
  betas.count == 2 ? [] : [Problem(path: ["betas"], "expected two numbers for 'betas', got \(betas.count)")]
}
