import Foundation
import FusionAnalysis

/// What `embed` prints.
struct EmbeddingTable {
  let text: String

  init(_ report: EncodingReport, folder: String) {
    var parts = ["\(report.run), \(report.split): \(report.samples) samples, perplexity \(Float(report.perplexity))"]
    if report.generatedData { parts.append(generatedDataNote) }
    parts.append(Self.embeddings(report))
    if report.clusters != nil { parts.append(Self.clusters(report)) }
    parts.append("written to \(folder)")
    text = parts.joined(separator: "\n\n")
  }

  private static func embeddings(_ report: EncodingReport) -> String {
    let hasLabels = report.spaces.contains { $0.labelSilhouette.embedding != nil }
    var table = TextTable(
      ["t-SNE of", "values", "divergence", "steps"]
        + (hasLabels ? ["silhouette of the labels, encodings", "embedding"] : []), numeric: Set(1...5))
    for space in report.spaces {
      let silhouettes = [space.labelSilhouette.encodings, space.labelSilhouette.embedding].map(fourDigits)
      table.add(
        [space.name, "\(space.width)", fourDigits(space.tsne.divergence), "\(space.tsne.iterations)"]
          + (hasLabels ? silhouettes : []))
    }
    return table.text
  }

  private static func clusters(_ report: EncodingReport) -> String {
    let hasLabels = report.spaces.contains { $0.groupings.contains { $0.agreement != nil } }
    var table = TextTable(
      ["k-means of", "on the", "clusters", "inertia"] + (hasLabels ? ["purity", "NMI", "ARI"] : []) + ["silhouette"],
      numeric: Set(2...7))
    for space in report.spaces {
      for grouping in space.groupings {
        let agreement = grouping.agreement
        let values = [agreement?.purity, agreement?.normalisedMutualInformation, agreement?.adjustedRandIndex]
        table.add(
          [space.name, grouping.on, "\(report.clusters ?? 0)", String(format: "%.6g", grouping.inertia)]
            + (hasLabels ? values.map(fourDigits) : []) + [fourDigits(grouping.silhouette)])
      }
    }
    return table.text
  }
}

private func fourDigits(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "-" }
