import CFusionKernels
import TensorEngine

/// Where the time of training steps goes, by component; for the blocks of a ``ConvolutionStack``, by block and kernel.
///
/// A pass that carries one (``ForwardPass/stopwatch``) is measured; others pay nothing. The way back is measured by laps:
/// the tape runs backwards through the marks that the way forward left at the end of each component.
public final class Stopwatch {
  /// Seconds of one component on the calling thread.
  public struct Lap: Sendable, Equatable {
    /// Forward.
    public fileprivate(set) var forward = 0.0
    /// Backward.
    public fileprivate(set) var backward = 0.0
  }

  /// Seconds of one block of a stack, summed over threads; waiting is not counted.
  public struct BlockTime: Sendable, Equatable {
    /// Floating-point operations of the convolution in all passes measured, forward alone: those of a direct
    /// convolution, taps outside the image left out.
    public let operations: Double
    /// The convolution, with what is fused into it.
    public let forward: Double
    /// Activation, dropout and pooling, where they are not fused.
    public let finish: Double
    /// The gradient of the block's input.
    public let inputGradient: Double
    /// The gradient of the weights.
    public let weightGradient: Double
    /// Batch norm's coefficients, the way back through pooling, packing, layout.
    public let rest: Double
    /// All of them.
    public var total: Double { forward + finish + inputGradient + weightGradient + rest }
  }

  /// The components in the order in which they first ran.
  public private(set) var names: [String] = []
  private var laps: [String: Lap] = [:]
  private var stacks: [String: Stack] = [:]
  private struct Stack {
    let times: UnsafeMutableBufferPointer<fk_layer_times>
    var operations: [Double]
  }
  private var running: (name: String, since: ContinuousClock.Instant)?

  /// A stopwatch at zero.
  public init() {}

  deinit { for stack in stacks.values { stack.times.deallocate() } }

  /// What has been measured of a component.
  public subscript(name: String) -> Lap { laps[name] ?? Lap() }

  /// The blocks of the convolution stack whose parameters lie under `path`; nil where no such stack ran.
  public func blocks(of path: String) -> [BlockTime]? {
    stacks[path].map { stack in
      zip(stack.times, stack.operations).map { times, operations in
        BlockTime(
          operations: operations, forward: Double(times.forward) * 1e-9, finish: Double(times.finish) * 1e-9,
          inputGradient: Double(times.input_gradient) * 1e-9, weightGradient: Double(times.weight_gradient) * 1e-9,
          rest: Double(times.rest) * 1e-9)
      }
    }
  }

  /// Runs a component forward and marks the end of it, so that the way back is measured too.
  public func measure(_ name: String, _ component: () -> Tensor) -> Tensor {
    let result = forward(name, component)
    return Tensor.recorded("stopwatch", inputs: [result], output: result.detached) { [self] gradient in
      begin(name)
      return [gradient]
    }
  }

  /// Runs something that has no way back, such as an optimizer's step.
  public func forward<Result>(_ name: String, _ body: () -> Result) -> Result {
    let start = ContinuousClock.now
    let result = body()
    change(name) { $0.forward += (ContinuousClock.now - start) / .seconds(1) }
    return result
  }

  /// Runs the way back.
  public func backward(_ body: () -> Void) {
    body()
    end()
  }

  /// Counts the operations of one pass; where its stack adds its times, valid as long as the stopwatch.
  func times(of path: String, operations: [Double]) -> UnsafeMutablePointer<fk_layer_times> {
    if var known = stacks.removeValue(forKey: path) {
      for index in operations.indices { known.operations[index] += operations[index] }
      stacks[path] = known
      return known.times.baseAddress!
    }
    let times = UnsafeMutableBufferPointer<fk_layer_times>.allocate(capacity: operations.count)
    times.initialize(repeating: fk_layer_times())
    stacks[path] = Stack(times: times, operations: operations)
    return times.baseAddress!
  }

  private func begin(_ name: String) {
    end()
    running = (name, .now)
  }

  private func end() {
    guard let (name, since) = running else { return }
    change(name) { $0.backward += (ContinuousClock.now - since) / .seconds(1) }
    running = nil
  }

  private func change(_ name: String, _ body: (inout Lap) -> Void) {
    if laps[name] == nil { names.append(name) }
    body(&laps[name, default: Lap()])
  }
}
