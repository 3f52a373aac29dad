import FusionCore
import Foundation
import FusionData

/// What `evaluate --subsets --json` said about a run.
package struct RunSubsets: Decodable {
  private struct Row: Decodable {
    let present: [String]
    let metrics: [String: Double]
  }
  private let subsets: [Row]

  /// Nil where the run has no such file, or one that cannot be read.
  package init?(of run: RunFolder) {
    guard let bytes = try? RegularFile.bytes(of: run.subsets),
      let read = try? JSONDecoder().decode(Self.self, from: Data(bytes))
    else { return nil }
    self = read
  }

  /// Whether each of some modalities was left out once, and each was there alone.
  package func tell(of modalities: [String]) -> Bool {
    modalities.allSatisfy { name in
      subsets.contains { $0.present == [name] } && subsets.contains { $0.present == modalities.filter { $0 != name } }
    }
  }

  /// The metric where these modalities alone are there.
  package func value(of metric: String, present: [String]) -> Double? {
    subsets.first { $0.present == present }?.metrics[metric]
  }
}

extension ComparisonPlan {
  /// Evaluates finished runs where modalities are missing, in processes of their own, and keeps what they say beside the
  /// runs; what is there already is not done again.
  ///
  /// - Returns: how many of the runs could not be evaluated.
  /// - Throws: ``JobsInterrupted`` where the pool's flag was raised; `ChildError`, `DataError`.
  public func evaluateSubsets(
    _ runs: [Run], _ outcomes: [TrainingOutcome], pool: ProcessPool, threads: Int,
    progress: any ProgressReporter
  ) throws -> Int {
    let jobs = runs.map(\.job)
    let modalities = experiment.pipeline.branches.map { $0.name }
    var waiting = jobs.indices.filter { index in
      guard methods[runs[index].method].takesSubsets, case .finished = outcomes[index] else { return false }
      return RunSubsets(of: jobs[index].run)?.tell(of: modalities) != true
    }[...]
    if waiting.isEmpty { return 0 }
    let count = waiting.count
    var (done, failures) = (0, 0)
    progress.report(.note("evaluating \(waiting.count) runs with modalities missing"))
    // No name of an abandoned file: the process that writes it holds no lock. What a kill leaves is written over.
    func unfinished(_ index: Int) -> String { jobs[index].run.subsets + ".new" }
    try pool.run(
      next: { () -> (job: Int, command: ProcessPool.Command)? in
        waiting.popFirst().map { index in
          let arguments = ["evaluate", jobs[index].run.path, "--subsets", "--json", "--threads", "\(threads)"]
          return (index, .init(arguments, output: unfinished(index)))
        }
      },
      ended: { index, outcome in
        let file = jobs[index].run.subsets
        if outcome.status == 0 {
          guard rename(unfinished(index), file) == 0 else { throw DataError.system(file, "cannot be put in its place") }
          done += 1
        } else {
          unlink(unfinished(index))
          guard !pool.stop.isSet else { return }
          failures += 1
          progress.report(
            .warning("\(jobs[index].label) cannot be evaluated with modalities missing\n\(outcome.errors)"))
        }
      })
    if pool.stop.isSet { throw JobsInterrupted(done: done, of: count, what: "evaluations with modalities missing") }
    return failures
  }
}
