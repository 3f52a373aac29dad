import Foundation
import FusionCore

/// Writes a line of JSON per epoch, or per step too, to a file of the run's folder.
///
/// A resumed run keeps the lines up to where it goes on, and adds the rest: no line is there twice, none is missing.
public struct JSONLLogger: Callback {
  /// What configurations call it.
  public static let name = "jsonl_logger"
  /// What `fusionkit list callbacks` says.
  public static let summary = "a line of JSON per epoch, or per step too"

  /// The keys.
  public struct Configuration: ComponentConfiguration {
    /// The file, in the run's folder.
    public var file = "log.jsonl"
    /// Steps between two lines of steps; 0: epochs alone.
    public var everySteps = 0

    /// Epochs, to `log.jsonl`.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case file
      case everySteps = "every_steps"
    }

    /// See the properties.
    public static let options = [
      Option("file", "name of the file in the run's folder"),
      Option("every_steps", "steps between two lines of steps; 0: epochs alone", .range(0, 1_000_000_000)),
    ]
  }

  /// The one file.
  public static func files(_ configuration: Configuration) -> [String] { [configuration.file] }

  private let file: LineFile
  private let everySteps: Int

  /// A log in a folder.
  public init(_ configuration: Configuration, folder: String) {
    file = LineFile(configuration.file, in: folder)
    everySteps = configuration.everySteps
  }

  /// Begins the file, or takes away what lies behind the place that the run goes on from.
  public mutating func onRunStart(_ run: CallbackRun) throws {
    guard let place = run.resumedAfter else { return try file.begin() }
    try file.begin(
      try file.lines().filter { line in
        guard let event = try? JSONDecoder().decode(Place.self, from: Data(line.utf8)) else { return false }
        return event.event == "epoch" ? event.epoch <= place.epoch : event.step <= place.step
      })
  }

  /// Adds a line, where the step's turn has come.
  public mutating func onStepEnd(_ step: CallbackStep) throws {
    guard everySteps > 0, step.place.step.isMultiple(of: everySteps) else { return }
    try add(
      Line(
        event: "step", stage: step.place.stage, epoch: step.place.epoch, step: step.place.step, loss: step.loss,
        values: step.values.isEmpty ? nil : step.values, learningRates: step.learningRates))
  }

  /// Adds a line.
  public mutating func onEpochEnd(_ epoch: CallbackEpoch) throws {
    try add(
      Line(
        event: "epoch", stage: epoch.place.stage, epoch: epoch.place.epoch, step: epoch.place.step,
        learningRate: epoch.learningRate, train: epoch.train, validation: epoch.validation, seconds: epoch.seconds))
  }

  private func add(_ line: Line) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // JSON has no such numbers: words that Python's float() reads.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    try file.append([String(decoding: encoder.encode(line), as: UTF8.self)])
  }

  /// What tells where a line belongs.
  private struct Place: Decodable {
    let event: String
    let epoch: Int
    let step: Int
  }

  private struct Line: Encodable {
    let event: String
    var stage: String?
    let epoch: Int
    let step: Int
    var loss: Double?
    var values: [String: Double]?
    var learningRates: [String: Double]?
    var learningRate: Double?
    var train: [String: Double]?
    var validation: [String: Double]?
    var seconds: Double?

    enum CodingKeys: String, CodingKey {
      case event, stage, epoch, step, loss, values, train, validation, seconds
      case learningRate = "learning_rate"
      case learningRates = "learning_rates"
    }
  }
}
