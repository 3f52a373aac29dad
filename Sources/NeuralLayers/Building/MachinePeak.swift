import CFusionKernels
import TensorEngine

/// What the machine could do at most, as a yardstick for what it does.
public enum MachinePeak {
  /// GFLOP/s of multiply-adds that stay in registers, on all threads of `device` for about `seconds`, with the
  /// instruction set that ``ConvolutionStack`` uses.
  public static func measured(on device: Device, seconds: Double = 0.1) -> Double {
    fk_peak(device.pool, nil, seconds) * 1e-9
  }
}
