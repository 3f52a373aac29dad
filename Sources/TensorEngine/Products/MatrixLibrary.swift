import CBLAS
import CFusionKernels

/// The library that multiplies matrices.
public enum MatrixLibrary {
  /// Its version, and the kernels that it chose for this processor: `OpenBLAS 0.3.26, SkylakeX`. Results are the same to the
  /// bit where both are.
  public static var name: String {
    let words = String(cString: openblas_get_config()).split(separator: " ")
    return words.prefix(2).joined(separator: " ") + ", " + String(cString: openblas_get_corename())
  }

  /// To be called before a product that does not go through tensors: see `fk_reserve_products`.
  public static func reserve() { fk_reserve_products() }
}
