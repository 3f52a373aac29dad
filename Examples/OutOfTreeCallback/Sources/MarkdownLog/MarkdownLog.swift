import Foundation
import FusionCore

/// A table in Markdown with a row per epoch, `log.md` in the run's folder: for notebooks and pull requests.
///
/// A resumed run is told the epochs that it has behind it, so the table is written from them: no row twice, none missing.
public struct MarkdownLog: Callback {
  /// What configurations call it.
  public static let name = "markdown_log"
  /// What `fusionkit list callbacks` says.
  public static let summary = "a table in Markdown with a row per epoch"

  /// The keys.
  public struct Configuration: ComponentConfiguration {
    /// The file, in the run's folder.
    public var file = "log.md"
    /// `log.md`.
    public init() {}
    /// See the property.
    public static let options = [Option("file", "name of the file in the run's folder")]
  }

  /// The one file.
  public static func files(_ configuration: Configuration) -> [String] { [configuration.file] }

  private let file: LineFile

  /// A table in a folder.
  public init(_ configuration: Configuration, folder: String) { file = LineFile(configuration.file, in: folder) }

  /// The head of the table, and the epochs behind a resumed run.
  public mutating func onRunStart(_ run: CallbackRun) throws {
    let head = ["# \(run.name)", "", "| epoch | train loss | validation loss |", "| --- | --- | --- |"]
    try file.begin(head + run.history.map(Self.row))
  }

  /// A row.
  public mutating func onEpochEnd(_ epoch: CallbackEpoch) throws { try file.append([Self.row(epoch)]) }

  /// How it ended.
  public mutating func onRunEnd(_ end: CallbackRunEnd) throws { try file.append(["", "The run is \(end.status)."]) }

  private static func row(_ epoch: CallbackEpoch) -> String {
    let losses = [epoch.train["loss"], epoch.validation["loss"]].map { loss in
      loss.map { String(format: "%.4f", $0) } ?? "–"
    }
    return "| \(epoch.place.epoch) | \(losses[0]) | \(losses[1]) |"
  }
}
