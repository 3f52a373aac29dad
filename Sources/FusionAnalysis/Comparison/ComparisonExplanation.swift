import Foundation
import FusionCore

extension ComparisonTable {
  /// What the columns mean, and what can be said of the differences, in a few sentences.
  public var explanation: String {
    ([measured, shared, rateWords] + judged + [absentWords, costs]).compactMap { $0 }.joined(separator: " ")
  }

  private var measured: String {
    let list = seeds.map(String.init).joined(separator: ", ")
    let samples =
      isResplit
      ? "about \(grouped(testSamples)) test samples, drawn anew for each seed," : "\(grouped(testSamples)) test samples"
    return seeds.count == 1
      ? "The \(metric) on \(samples) for the seed \(list): one seed tells nothing of the spread."
      : "The mean \(metric) on \(samples) over the seeds \(list), ± half its 95% interval by Student's t, which tells of "
        + "other seeds and not of other test samples."
  }

  private var shared: String {
    let owns = rows.contains { $0.options.contains("training: {") }
    return "All methods share data, encoders, task and training"
      + (owns ? " (but for the training keys among the options)" : "")
      + "; the budget of parameters is not equal, see the columns."
  }

  private var rateWords: String? {
    guard let rateSeeds, let tried = rows.lazy.compactMap(\.rates).first?.trials.map(\.rate) else { return nil }
    let edge = rows.filter { $0.rates?.isAtTheEdge == true }.map(\.method)
    return
      "Rate: of \(tried.map { "\($0)" }.joined(separator: ", ")) the one with the best \(metric) on the validation "
      + "part (validation), \(rateSeeds.count == 1 ? "of the seed" : "the mean over the seeds") "
      + "\(rateSeeds.map(String.init).joined(separator: ", ")), chosen for every method alike before its runs."
      + (edge.isEmpty
        ? ""
        : " The smallest or largest rate was best for \(edge.joined(separator: ", ")): a better one may lie beyond.")
  }

  private var judged: [String] {
    switch evidence {
    case nil: return ["The baseline has no result: there are no differences."]
    case .tooFewSeeds:
      return [
        "There is no p value and no interval of a difference: that takes \(PairedDifference.fewestRuns) seeds, for "
          + "\(seeds.count == 1 ? "one run tells" : "\(seeds.count) runs tell") next to nothing of how runs of one method "
          + "differ, and a test over test samples says nothing of other runs."
      ]
    case .seeds:
      return [
        "95% interval of the difference from '\(baseline)', paired by seed: by a bootstrap over seeds alone "
          + "(\(grouped(rounds)) rounds), for '\(metric)' cannot be computed from predictions; it says nothing of other test "
          + "samples.", tests,
      ]
    case .seedsAndSamples:
      let drawn =
        groups.map { "the \(grouped($0)) groups of test samples that belong together" } ?? "test samples"
      return [
        "95% interval of the difference from '\(baseline)', paired by seed: by a bootstrap with two levels, seeds and "
          + "\(drawn) (\(grouped(rounds)) rounds).", tests,
      ]
    }
  }

  private var tests: String {
    let count = rows.count { $0.p != nil }
    let names = different
    return "p: whether the mean difference over seeds is chance, by the paired t test"
      + (isResplit ? " corrected for training parts that overlap (Nadeau and Bengio)" : "")
      + ", and with Holm's correction for \(count) method\(count == 1 ? "" : "s"). P(better): how probable it is that the "
      + "method beats '\(baseline)' on a new seed. Different at 5% after the correction: "
      + (names.isEmpty ? "none." : names.joined(separator: ", ") + ".")
  }

  private var absentWords: String? {
    guard rows.contains(where: { $0.without?.isEmpty == false }) else { return nil }
    return
      "Without a modality: the same models where it is missing for every test sample; what takes its place is what the "
      + "fusion declares, or the configuration asks for."
  }

  private var costs: String {
    "FLOPs: of one sample, forwards. Time: of a whole run, evaluation included. Memory: the most that a run held at once."
  }
}
