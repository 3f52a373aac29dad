import Foundation

/// What runs paired by their seeds tell of the difference between two methods on other seeds.
///
/// By Student's t over the differences, one for each seed. An exact test by exchanging signs would assume less, but n seeds
/// give it no p below 2/2ⁿ: with five it calls nothing different, with ten not one of 35 methods after Holm's correction.
/// Where all differences are equal, there is no spread to measure them by: then the signs decide, and a sample that is wrong
/// with each of five seeds makes no p below 0.06. Where differences have long tails, as where a run now and then goes astray, t errs on the side of calling none.
public struct PairedDifference: Sendable, Equatable {
  /// Of fewer runs nothing is said but the mean: their spread is hardly known, and a test has next to no power.
  public static let fewestRuns = 5

  /// The mean of the differences.
  public let mean: Double
  /// Whether the mean differs from zero: the p value, both sides taken together.
  public let p: Double
  /// How probable it is that the difference is above zero on a new seed: by the predictive distribution of Student's t,
  /// mean + s · √(1 + 1/n) · t(n − 1).
  public let probabilityAboveZero: Double

  /// The test of two differences or more.
  ///
  /// - Parameters:
  ///   - differences: one for each seed.
  ///   - overlap: where each seed splits the same data anew, the number of test samples over that of training samples:
  ///     training parts have samples in common then, and the variance of the mean is not s²/n but s² · (1/n + overlap)
  ///     (C. Nadeau and Y. Bengio, Inference for the Generalization Error, Machine Learning 2003). 0 where training and
  ///     test part are given.
  public init(_ differences: [Double], overlap: Double = 0) {
    precondition(differences.count > 1 && overlap >= 0, "two differences or more")
    let n = Double(differences.count)
    let mean = differences.reduce(0, +) / n
    let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = (squares / (n - 1)).squareRoot()
    // Equal numbers that were computed in different ways differ in their last digits.
    let noise = 1e-12 * (differences.map(abs).max() ?? 0)
    self.mean = mean
    guard deviation > noise else {
      // Laplace's rule of succession: one more difference has the sign that n have had with a probability of (n + 1)/(n + 2).
      let isZero = abs(mean) <= noise
      p = isZero ? 1 : 2 / pow(2, n)
      probabilityAboveZero = isZero ? 0.5 : mean > 0 ? (n + 1) / (n + 2) : 1 / (n + 2)
      return
    }
    /// The mean over the root of a variance, in units of the deviation.
    func t(_ variance: Double) -> Double { mean / (deviation * variance.squareRoot()) }
    p = 2 * StudentT.cumulative(-abs(t(1 / n + overlap)), degreesOfFreedom: n - 1)
    probabilityAboveZero = StudentT.cumulative(t(1 + 1 / n + overlap), degreesOfFreedom: n - 1)
  }
}
