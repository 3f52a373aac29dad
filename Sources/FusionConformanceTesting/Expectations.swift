import Foundation
import FusionConformance
import FusionCore
import Testing

/// Expects that a plugin keeps every rule; each one broken is an issue of its own.
///
/// ```swift
/// @Test func gatedSumKeepsTheRules() { expectConformance(of: GatedSumFusion.self) }
/// ```
///
/// - Parameters:
///   - type: a component of any kind.
///   - seed: what random inputs and parameters derive from.
///   - folder: where the lists of parameters lie, `<kind>-<name>.txt`, for PAR-1; nil: names are not compared with any.
///     A list that is missing is written and reported, to be checked in; with FUSIONKIT_RECORD=1 all are written anew.
public func expectConformance(
  of type: any Component.Type, seed: UInt64 = 0, recordedIn folder: String? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let record = type.kind.isPartOfPipeline ? folder.flatMap { recorded(type, in: $0, sourceLocation) } : nil
  for failure in Conformance(seed: seed).report(on: type, record: record).failures {
    Issue.record("\(failure)", sourceLocation: sourceLocation)
  }
}

/// Expects that a plugin computes what a fixture says, see ``Fixture``.
public func expectFixture(
  _ path: String, of type: any Component.Type, sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    for difference in try Fixture(contentsOf: path).differences(from: type) {
      Issue.record("\(type.name), \(difference)", sourceLocation: sourceLocation)
    }
  } catch {
    Issue.record("\(path) cannot be read: \(error)", sourceLocation: sourceLocation)
  }
}

/// The checked-in list of a plugin's parameters.
private func recorded(
  _ type: any Component.Type, in folder: String, _ sourceLocation: SourceLocation
) -> ParameterRecord? {
  let path = "\(folder)/\(type.kind.rawValue)-\(type.name).txt"
  let isRecording = ProcessInfo.processInfo.environment["FUSIONKIT_RECORD"] != nil
  if !isRecording, let text = try? String(contentsOfFile: path, encoding: .utf8) { return ParameterRecord(text: text) }
  let record = ParameterRecord(of: type)
  do {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try record.text.write(toFile: path, atomically: true, encoding: .utf8)
  } catch {
    Issue.record("\(path) cannot be written: \(error)", sourceLocation: sourceLocation)
  }
  if !isRecording {
    Issue.record(
      "there was no list of the parameters of '\(type.name)': \(path) is written, check it in",
      sourceLocation: sourceLocation)
  }
  return record
}
