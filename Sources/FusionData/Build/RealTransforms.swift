import CFFTW
import Foundation

/// A plan of FFTW for real transforms of one size, several side by side.
///
/// `@unchecked Sendable`: the plan is made once and only read; FFTW's execution on new arrays may run on many threads.
final class RealTransforms: @unchecked Sendable {
  /// The number of values of a frame.
  let size: Int
  /// The number of frames.
  let count: Int
  /// The number of frequencies of a frame, from 0 to half the rate.
  var bins: Int { size / 2 + 1 }

  private let plan: fftwf_plan
  /// FFTW keeps its planner's state in a global: one planner at a time.
  private static let planner = NSLock()

  init(size: Int, count: Int) {
    self.size = size
    self.count = count
    let workspace = Workspace(size: size, count: count)
    // Estimated, not measured: a measured plan may differ from run to run, and with it the last bits.
    plan = Self.planner.withLock {
      var length = Int32(size)
      guard
        let plan = fftwf_plan_many_dft_r2c(
          1, &length, Int32(count), workspace.frames, nil, 1, Int32(size), workspace.spectra, nil, 1,
          Int32(size / 2 + 1), FFTW_ESTIMATE)
      else { fatalError("fftw3f makes no plan for \(count) transforms of \(size) values") }
      return plan
    }
  }

  deinit { Self.planner.withLock { fftwf_destroy_plan(plan) } }

  /// Memory for one execution at a time, aligned as the plan expects.
  final class Workspace {
    /// `[count, size]`.
    let frames: UnsafeMutablePointer<Float>
    fileprivate let spectra: UnsafeMutablePointer<fftwf_complex>

    init(size: Int, count: Int) {
      frames = fftwf_alloc_real(size * count)!
      spectra = fftwf_alloc_complex((size / 2 + 1) * count)!
    }

    deinit {
      fftwf_free(frames)
      fftwf_free(spectra)
    }

    /// The spectra `[count, bins]`, real and imaginary parts in turn.
    var parts: UnsafeMutablePointer<Float> { UnsafeMutableRawPointer(spectra).assumingMemoryBound(to: Float.self) }
  }

  /// Transforms the workspace's frames into its spectra.
  func execute(_ workspace: Workspace) { fftwf_execute_dft_r2c(plan, workspace.frames, workspace.spectra) }
}

/// The window after von Hann, periodic: `0.5 - 0.5 cos(2πi / size)`.
func hannWindow(_ size: Int) -> [Float] {
  (0..<size).map { Float(0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(size))) }
}

/// Where the samples of a recording of `count` samples come to lie in the middle of `length`: those from `source` on, at
/// `target`. What is too long is cut on both sides alike.
func placementInTheMiddle(of length: Int, count: Int) -> (source: Int, target: Range<Int>) {
  let kept = min(count, length)
  let start = (length - kept) / 2
  return ((count - kept) / 2, start..<start + kept)
}
