import CFusionKernels

/// Memory for the passes of one ``ConvolutionStack``, kept between steps.
///
/// A recorded forward pass leases a workspace until its backward pass has run or its tape is dropped, so that several
/// passes may be under way.
final class ConvolutionWorkspaces {
  /// A workspace in use; goes back when it is no longer held.
  final class Lease {
    let pointer: OpaquePointer
    private let samples: Int
    private let purpose: fk_purpose
    private let owner: ConvolutionWorkspaces
    private var stopwatch: Stopwatch?

    fileprivate init(_ pointer: OpaquePointer, samples: Int, purpose: fk_purpose, owner: ConvolutionWorkspaces) {
      self.pointer = pointer
      self.samples = samples
      self.purpose = purpose
      self.owner = owner
    }

    /// Has the kernels measure this pass, or not; holds the stopwatch, whose memory they write to.
    func measure(by stopwatch: Stopwatch?, _ times: (Stopwatch) -> UnsafeMutablePointer<fk_layer_times>) {
      self.stopwatch = stopwatch
      fk_workspace_time(pointer, stopwatch.map(times))
    }

    deinit { owner.free.append(Workspace(pointer: pointer, samples: samples, purpose: purpose)) }
  }

  fileprivate struct Workspace {
    let pointer: OpaquePointer
    let samples: Int
    let purpose: fk_purpose
  }

  private let stack: OpaquePointer
  private let workers: Int
  fileprivate var free: [Workspace] = []

  /// - Parameters:
  ///   - stack: made by `fk_stack_create`; owned from now on.
  init(stack: OpaquePointer, workers: Int) {
    self.stack = stack
    self.workers = workers
  }

  deinit {
    for workspace in free { fk_workspace_destroy(workspace.pointer) }
    fk_stack_destroy(stack)
  }

  /// A workspace for `samples` samples; smaller ones that are free give way to it.
  func lease(samples: Int, purpose: fk_purpose) -> Lease {
    if let index = free.lastIndex(where: { $0.purpose == purpose && $0.samples >= samples }) {
      let found = free.remove(at: index)
      return Lease(found.pointer, samples: found.samples, purpose: purpose, owner: self)
    }
    for small in free where small.purpose == purpose { fk_workspace_destroy(small.pointer) }
    free.removeAll { $0.purpose == purpose }
    // Never nil: where memory is refused, the process says so and ends.
    let pointer = fk_workspace_create(stack, samples, Int32(workers), purpose)!
    return Lease(pointer, samples: samples, purpose: purpose, owner: self)
  }
}
