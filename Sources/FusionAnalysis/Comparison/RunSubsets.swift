import FusionCore
import Foundation
import FusionData

/// What `evaluate --subsets --json` said about a run.
struct RunSubsets: Decodable {
  private struct Row: Decodable {
    let present: [String]
    let metrics: [String: Double]
  }
  private let subsets: [Row]

  /// Nil where the run has no such file, or one that cannot be read.
  init?(of run: RunFolder) {
    guard let bytes = try? RegularFile.bytes(of: run.subsets),
      let read = try? JSONDecoder().decode(Self.self, from: Data(bytes))
    else { return nil }
    self = read
  }

  /// The metric where these modalities alone are there.
  func value(of metric: String, present: [String]) -> Double? {
    subsets.first { $0.present == present }?.metrics[metric]
  }
}

extension ComparisonPlan {
  /// Evaluates finished runs where modalities are missing, in processes of their own, and keeps what they say beside the
  /// runs; what is there already is not done again.
  ///
  /// - Throws: ``JobsInterrupted`` where the pool's flag was raised; `ChildError`.
  public func evaluateSubsets(
    _ runs: [Run], _ outcomes: [TrainingOutcome], pool: ProcessPool, threads: Int,
    progress: any ProgressReporter
  ) throws {
    let jobs = runs.map(\.job)
    var waiting = jobs.indices.filter { index in
      guard methods[runs[index].method].takesSubsets, case .finished = outcomes[index] else { return false }
      return RunSubsets(of: jobs[index].run) == nil
    }[...]
    if waiting.isEmpty { return }
    progress.report(.note("evaluating \(waiting.count) runs with modalities missing"))
    func partial(_ index: Int) -> String { "\(jobs[index].run.subsets).partial-\(getpid())-\(index)" }
    for index in waiting { AbandonedFiles.remove(in: jobs[index].run.path) }
    try pool.run(
      next: {
        waiting.popFirst().map { index in
          let arguments = ["evaluate", jobs[index].run.path, "--subsets", "--json", "--threads", "\(threads)"]
          return (index, .init(arguments, output: partial(index)))
        }
      },
      ended: { index, outcome in
        if outcome.status == 0 {
          rename(partial(index), jobs[index].run.subsets)
        } else {
          unlink(partial(index))
          guard !pool.stop.isSet else { return }
          progress.report(
            .warning("\(jobs[index].label) cannot be evaluated with modalities missing\n\(outcome.errors)"))
        }
      })
    if pool.stop.isSet { throw JobsInterrupted(done: jobs.count, of: jobs.count) }
  }
}
