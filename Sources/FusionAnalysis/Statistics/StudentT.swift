import Foundation

/// Student's t distribution (W. S. Gosset, Biometrika 1908): of the mean of few values, measured by their own spread.
public enum StudentT {
  /// The value that t stays below with a probability.
  ///
  /// - Parameters:
  ///   - probability: above 0 and below 1.
  ///   - degreesOfFreedom: above 0; n − 1 for a mean of n values.
  public static func quantile(_ probability: Double, degreesOfFreedom: Double) -> Double {
    precondition(probability > 0 && probability < 1 && degreesOfFreedom > 0)
    if probability == 0.5 { return 0 }
    if probability < 0.5 { return -quantile(1 - probability, degreesOfFreedom: degreesOfFreedom) }
    var (low, high) = (0.0, 1.0)
    while cumulative(high, degreesOfFreedom: degreesOfFreedom) < probability, high < 1e300 { high *= 2 }
    // Halved until no number lies between: slower than Newton's method, and never led astray.
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { return middle }
      if cumulative(middle, degreesOfFreedom: degreesOfFreedom) < probability { low = middle } else { high = middle }
    }
  }

  /// The probability of a value up to `t`: for t ≥ 0, 1 − I(ν / (ν + t²); ν/2, 1/2) / 2.
  public static func cumulative(_ t: Double, degreesOfFreedom: Double) -> Double {
    // Both parts of 1 from the ratio: neither may lose its digits where the other is close to 1.
    let ratio = t * t / degreesOfFreedom
    let beta = IncompleteBeta(halfDegrees: degreesOfFreedom / 2)
    let tail = beta.value(at: 1 / (1 + ratio), complement: 1 / (1 + 1 / ratio)) / 2
    return t < 0 ? tail : 1 - tail
  }
}

/// The regularised incomplete beta function I(x; a, 1/2), by its continued fraction (Abramowitz and Stegun 26.5.8) and
/// Lentz's algorithm.
private struct IncompleteBeta {
  let halfDegrees: Double

  /// I(x; a, 1/2), given 1 − x too.
  func value(at x: Double, complement y: Double) -> Double {
    if x <= 0 { return 0 }
    if y <= 0 { return 1 }
    let (a, b) = (halfDegrees, 0.5)
    // The fraction converges fast on this side of the mean; the other side follows by symmetry.
    return x * (a + b + 2) <= a + 1 ? lower(x, y, a, b) : 1 - lower(y, x, b, a)
  }

  private func lower(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
    let logX = x < 0.5 ? log(x) : log1p(-y)
    let logY = y < 0.5 ? log(y) : log1p(-x)
    let front = exp(a * logX + b * logY - logBeta) / a
    let tiny = 1e-300
    func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / kept(1 - (a + b) * x / (a + 1))
    var result = d
    for m in 1...10_000 {
      let m = Double(m)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / kept(1 + even * d)
      c = kept(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / kept(1 + odd * d)
      c = kept(1 + odd / c)
      result *= d * c
      if abs(d * c - 1) < 1e-15 { break }
    }
    return front * result
  }

  /// ln B(a, 1/2) = ln √π − ln (Γ(a + 1/2) / Γ(a)). For large a the difference of two logarithms would lose its digits:
  /// there it is the asymptotic series in 1/a.
  private var logBeta: Double {
    let a = halfDegrees
    guard a >= 16 else { return log(Double.pi) / 2 + lgamma(a) - lgamma(a + 0.5) }
    let z = 1 / (a * a)
    let series = 1.0 / 8 - z * (1.0 / 192 - z * (1.0 / 640 - z * (17.0 / 14336 - z * 31.0 / 18432)))
    return log(Double.pi) / 2 - (log(a) / 2 - series / a)
  }
}
