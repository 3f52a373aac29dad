import Foundation
import FusionConfig
import FusionCore

/// The learning rates that were tried for a method, and the one it is compared with.
public struct RateChoice: Codable, Sendable, Equatable {
  /// The result of a rate.
  public struct Trial: Codable, Sendable, Equatable {
    /// The learning rate.
    public let rate: Double
    /// The mean of the metric on the validation part over the seeds of the choice; nil where a training diverged, or the
    /// metric is not defined.
    public let score: Double?
    /// Why there is no score.
    public let failure: String?
  }

  /// In the order in which they were asked for.
  public let trials: [Trial]
  /// The one whose score is best, of equal ones the first; nil: none has a score.
  public let rate: Double?

  /// The score of the chosen rate.
  public var score: Double? { trials.first { $0.rate == rate }?.score }

  /// Whether the best rate is the smallest or the largest one tried: a better one may lie beyond.
  public var isAtTheEdge: Bool {
    let all = trials.map(\.rate)
    return all.count > 1 && rate != nil && (rate == all.min() || rate == all.max())
  }

  init(_ trials: [Trial], isHigherBetter: Bool) {
    self.trials = trials
    let known = trials.filter { $0.score?.isFinite == true }
    let best = isHigherBetter ? known.compactMap(\.score).max() : known.compactMap(\.score).min()
    rate = known.first { $0.score == best }?.rate
  }
}

/// Learning rates from which every method gets its own, on the validation part and with seeds that are not compared.
public struct RateSearch: Sendable {
  /// The rates.
  public let rates: [Double]
  /// One run for each rate and seed.
  public let seeds: [UInt64]

  /// Rates and seeds.
  public init(rates: [Double], seeds: [UInt64]) {
    precondition(!rates.isEmpty && !seeds.isEmpty, "rates and seeds to try them with")
    self.rates = rates
    self.seeds = seeds
  }

  /// The runs of the search, in `<folder>/rates/<method>/rate-<rate>/seed-<n>`.
  ///
  /// Data are those of the comparison; what validation and test parts hold never depends on the rate.
  public func runs(_ plan: ComparisonPlan, in folder: String) throws(ConfigError) -> [ComparisonPlan.Run] {
    var runs: [ComparisonPlan.Run] = []
    for seed in seeds {
      for method in plan.methods.indices {
        for rate in rates {
          runs.append(try plan.run(method, seed, rate: rate, in: "\(folder)/rates", isResplit: false))
        }
      }
    }
    return runs
  }

  /// The result of a run of the search.
  public enum Outcome: Sendable, Equatable {
    /// Its results.
    case finished(RunSummary)
    /// Training diverged, or its outputs are no numbers, as said; with the same configuration and seed they are so again.
    case diverged(String)
    /// Something else went wrong, which may go well another time.
    case failed(String)
  }

  /// Trains what is left of the runs; those that diverged before are not tried again.
  ///
  /// - Throws: as `ProcessPool.train`.
  public func train(
    _ runs: [ComparisonPlan.Run], _ pool: ProcessPool, threads: Int, progress: any ProgressReporter
  ) throws -> [Outcome] {
    var outcomes = runs.map { $0.job.divergence.map(Outcome.diverged) }
    let open = runs.indices.filter { outcomes[$0] == nil }
    for (index, outcome) in zip(
      open, try pool.train(open.map { runs[$0].job }, threads: threads, progress: progress))
    {
      switch outcome {
      case .finished(let summary): outcomes[index] = .finished(summary)
      case .failed(let child):
        // What fails whenever it is tried, as a validation that gives no numbers, is the rate's fault too.
        outcomes[index] =
          runs[index].job.divergence.map(Outcome.diverged)
          ?? (child.isLasting ? .diverged(child.firstLine) : .failed(child.firstLine))
      }
    }
    return outcomes.compactMap { $0 }
  }

  /// Chooses for every method, of the runs that ``runs(_:in:)`` gave.
  ///
  /// A rate with which a training diverged is out, as what it is: too large. Other failures leave a method without a
  /// choice until they are mended.
  ///
  /// - Returns: for each method its choice, or what failed.
  public func choices(
    _ plan: ComparisonPlan, _ runs: [ComparisonPlan.Run], _ outcomes: [Outcome], metric: String
  ) -> [Result<RateChoice, RateFailure>] {
    plan.methods.indices.map { method in
      var trials: [RateChoice.Trial] = []
      for rate in rates {
        var values: [Double] = []
        var failure: String?
        for (run, outcome) in zip(runs, outcomes) where run.method == method && run.rate == rate {
          switch outcome {
          case .finished(let summary):
            if let value = summary.splits["validation"]?[metric] {
              values.append(value)
            } else {
              failure = "seed \(run.seed): '\(metric)' is not defined on the validation part"
            }
          case .diverged(let reason): failure = "seed \(run.seed): \(reason)"
          case .failed(let reason): return .failure(RateFailure(reason: "rate \(rate), seed \(run.seed): \(reason)"))
          }
        }
        let score = failure == nil && !values.isEmpty ? values.reduce(0, +) / Double(values.count) : nil
        trials.append(RateChoice.Trial(rate: rate, score: score, failure: failure))
      }
      let direction = plan.outline.metrics.direction(ofColumn: metric, modalities: [])
      let choice = RateChoice(trials, isHigherBetter: direction == .higherIsBetter)
      if choice.rate == nil {
        return .failure(RateFailure(reason: "no rate has a score: \(trials.compactMap(\.failure).first ?? "")"))
      }
      return .success(choice)
    }
  }
}

/// Why a method has no learning rate.
public struct RateFailure: Error, Equatable {
  /// In words.
  public let reason: String
}

extension TrainingJob {
  /// The first line of why this very training diverged, as its folder tells; nil where it did not.
  fileprivate var divergence: String? {
    guard let summary = try? RunSummary.read(from: run), summary.status == .failed,
      run.holds(configuration),
      let error = summary.error, error.hasPrefix("training diverged")
    else { return nil }
    return error.split(separator: "\n").first.map(String.init)
  }
}

extension ChildOutcome {
  /// The first line of what a failed process said, without `error: `.
  package var firstLine: String {
    let line = errors.split(separator: "\n").first.map(String.init) ?? "status \(status)"
    return line.hasPrefix("error: ") ? String(line.dropFirst(7)) : line
  }
}
