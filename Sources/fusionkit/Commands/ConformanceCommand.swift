import ArgumentParser
import Foundation
import FusionConformance
import FusionCore
import FusionTraining

/// `fusionkit conformance`: does a plugin keep the rules?
struct ConformanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance",
    abstract: "Checks components: shapes, gradients, determinism, saved files.",
    discussion: """
      Without a name, all of them, or with --plugin those of the library. Each component runs in a process of its own: one \
      that stops there fails the check that it was in. Exits with 1 if a check fails; docs/conformance.md lists the checks.

      Examples:
        fusionkit conformance
        fusionkit conformance low_rank_tensor --only GRD-1 --seed 7
        fusionkit conformance --plugin ~/gated-sum/.build/libGatedSumFusion.so
      """)

  @Argument(help: ArgumentHelp("Names of components.", valueName: "name"))
  var names: [String] = []

  @Option(
    parsing: .singleValue, help: ArgumentHelp("Only the check of this id; repeatable.", valueName: "id"))
  var only: [String] = []

  @Option(help: ArgumentHelp("What random inputs and parameters derive from.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: "The kind, where several have the name.")
  var kind: ComponentKind?

  @Option(help: ArgumentHelp("Stop a check that has not ended after so many seconds.", valueName: "seconds"))
  var limit = 120

  @Flag(help: "Run the checks in this process, for a debugger.")
  var inProcess = false

  /// Where a process of its own tells what happens.
  @Option(help: .hidden)
  var events: String?

  @OptionGroup var plugins: PluginOptions
  @OptionGroup var json: JSONOption

  func validate() throws {
    guard 1...86_400 ~= limit else { throw ValidationError("--limit takes a number of seconds from 1 to 86400") }
  }

  func run() throws {
    let registry = try Registry.complete(plugins: plugins.paths)
    let entries = try selected(from: registry)
    let ids = try only.map { try checkID($0) }
    let conformance = Conformance(seed: seed, only: ids.isEmpty ? nil : Set(ids), libraries: plugins.paths)
    if let events {
      guard let entry = entries.first else { return }
      return try ConformanceEvents.write(of: conformance, on: entry.type, to: events)
    }
    let limit = Double(limit)
    let run =
      inProcess
      ? ConformanceRun(isJSON: json.isOn, workers: 1) { conformance.report(on: $0.type) }
      : ConformanceRun(isJSON: json.isOn, workers: ProcessInfo.processInfo.activeProcessorCount) {
        try IsolatedConformance(conformance: conformance, limit: limit).report(on: $0.type)
      }
    if try !run(entries) { throw ExitCode(1) }
  }

  /// The plugins of these names, every kind that has the name; where none is given, those of the libraries or all.
  private func selected(from registry: Registry) throws -> [Registry.Entry] {
    let kinds = kind.map { [$0] } ?? ComponentKind.allCases
    guard !names.isEmpty else {
      let all = kinds.flatMap { registry.all($0) }
      return registry.libraries.isEmpty ? all : all.filter { registry.libraries.contains($0.origin) }
    }
    var problems: [String] = []
    let entries = names.flatMap { name in
      let found = kinds.compactMap { try? registry.find($0, name) }
      if found.isEmpty {
        let available = Set(kinds.flatMap { kind in registry.all(kind).map { $0.type.name } }).sorted()
        problems.append(
          "no \(kind?.words ?? "component") is called '\(name)'"
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
