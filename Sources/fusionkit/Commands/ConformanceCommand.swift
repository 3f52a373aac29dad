import ArgumentParser
import Foundation
import FusionConformance
import FusionCore
import FusionTraining

/// `fusionkit conformance`: does a plugin keep the rules?
struct ConformanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance",
    abstract: "Checks plugins: shapes, gradients, determinism, saved files.",
    discussion: """
      Without a name, all of them. Exits with 1 if a check fails; docs/conformance.md lists the checks.

      Examples:
        fusionkit conformance
        fusionkit conformance low_rank_tensor --only GRD-1 --seed 7
      """)

  @Argument(help: ArgumentHelp("Names of fusions, encoders, decoders or modalities.", valueName: "name"))
  var names: [String] = []

  @Option(
    parsing: .singleValue, help: ArgumentHelp("Only the check of this id; repeatable.", valueName: "id"))
  var only: [String] = []

  @Option(help: ArgumentHelp("What random inputs and parameters derive from.", valueName: "n"))
  var seed: UInt64 = 0

  @OptionGroup var json: JSONOption

  func run() throws {
    let registry = try Registry.complete()
    let entries = try selected(from: registry)
    let ids = try only.map { try checkID($0) }
    let run = ConformanceRun(
      conformance: Conformance(seed: seed, only: ids.isEmpty ? nil : Set(ids)), isJSON: json.isOn)
    if try !run(entries) { throw ExitCode(1) }
  }

  /// The plugins of these names, every kind that has the name; all where none is given.
  private func selected(from registry: Registry) throws -> [Registry.Entry] {
    let kinds: [ComponentKind] = [.fusion, .encoder, .decoder, .modality]
    guard !names.isEmpty else { return kinds.flatMap { registry.all($0) } }
    var problems: [String] = []
    let entries = names.flatMap { name in
      let found = kinds.compactMap { try? registry.find($0, name) }
      if found.isEmpty {
        let available = Set(kinds.flatMap { kind in registry.all(kind).map { $0.type.name } }).sorted()
        problems.append(
          "no plugin is called '\(name)'"
            + (nearestSpelling(of: name, among: available).map { ": did you mean '\($0)'?" } ?? "")
            + "\n  available: \(available.joined(separator: ", "))   (fusionkit list)")
      }
      return found
    }
    guard problems.isEmpty else { throw UsageError(problems.joined(separator: "\n")) }
    return entries
  }

  private func checkID(_ text: String) throws -> String {
    let ids = Check.all.map { $0.id }
    if let id = ids.first(where: { $0 == text.uppercased() }) { return id }
    throw UsageError(
      "there is no check '\(text)'"
        + (nearestSpelling(of: text.uppercased(), among: ids).map { ": did you mean '\($0)'?" } ?? "")
        + "\n  available: \(ids.joined(separator: ", "))   (docs/conformance.md)")
  }
}
