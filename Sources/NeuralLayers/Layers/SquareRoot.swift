import CFusionKernels

/// The square root, NaN below zero: in a loop over the values of a tensor the compiler takes many at once, which it does not
/// with `squareRoot()`.
@inlinable public func squareRoot(_ x: Float) -> Float { fk_square_root(x) }
