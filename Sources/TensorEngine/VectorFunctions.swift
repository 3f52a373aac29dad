// Exponentials of eight numbers at a time, after Cephes (Moshier 1989): argument reduction and a short polynomial.
// Relative errors stay below 3e-7. Written with plain operations, they compile to whatever width the processor has.

/// eˣ; infinity above 88.7, zero below -87.3.
@inline(__always)
func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
  // Adding 1.5·2²³ leaves the nearest whole number in the lowest bits of the mantissa.
  let rounder: Float = 12_582_912
  let inside = x.replacing(with: -87.33, where: x .< -87.33).replacing(with: 88.72, where: x .> 88.72)
  let shifted = inside * 1.442_695_04 + rounder
  let n = shifted - rounder
  let r = inside - n * 0.693_359_375 + n * 2.121_944_4e-4
  var p = r * 1.987_569_15e-4 + 1.398_199_95e-3
  p = p * r + 8.333_451_9e-3
  p = p * r + 4.166_579_6e-2
  p = p * r + 1.666_666_55e-1
  p = p * r + 0.5
  p = p * r * r + r + 1
  // Half of 2ⁿ at a time: n may be 128.
  let exponent =
    unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- SIMD8(repeating: Int32(bitPattern: rounder.bitPattern))
  let half = exponent &>> 1
  let (first, second) = ((half &+ 127) &<< 23, (exponent &- half &+ 127) &<< 23)
  var result = p * unsafeBitCast(first, to: SIMD8<Float>.self) * unsafeBitCast(second, to: SIMD8<Float>.self)
  result.replace(with: 0, where: x .< -87.33)
  result.replace(with: .infinity, where: x .> 88.72)
  result.replace(with: x, where: x .!= x)
  return result
}

/// 1 / (1 + e⁻ˣ).
@inline(__always)
func logistic(_ x: SIMD8<Float>) -> SIMD8<Float> { 1 / (1 + exponential(-x)) }

/// The hyperbolic tangent: a polynomial near zero, where 1 − 2 / (e²ˣ + 1) would cancel.
@inline(__always)
func hyperbolicTangent(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let z = x * x
  var p = z * -5.704_988_7e-3 + 2.063_908_9e-2
  p = p * z - 5.373_971_6e-2
  p = p * z + 1.333_144_2e-1
  p = p * z - 3.333_328_2e-1
  let near = p * z * x + x
  let far = 1 - 2 / (exponential(x + x) + 1)
  return far.replacing(with: near, where: z .< 0.390_625)
}

extension UnsafeMutablePointer<Float> {
  /// Replaces `count` values, eight at a time.
  @inline(__always)
  func apply(_ count: Int, _ function: (SIMD8<Float>) -> SIMD8<Float>) {
    var i = 0
    while i + 8 <= count {
      setEight(i, function(eight(i)))
      i += 8
    }
    guard i < count else { return }
    var rest = SIMD8<Float>.zero
    for lane in 0..<count - i { rest[lane] = self[i + lane] }
    rest = function(rest)
    for lane in 0..<count - i { self[i + lane] = rest[lane] }
  }
}
