import ArgumentParser
import Foundation
import FusionCore

/// `--threads`: changes the speed, never a result.
struct ThreadOption: ParsableArguments {
  @Option(help: ArgumentHelp("Number of threads; never changes a result. (default: one per core)", valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024 ~= threads) {
      throw ValidationError("--threads takes a number from 1 to 1024, not \(threads)")
    }
  }

  /// As many as asked for, or as there are cores for this process.
  var count: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  /// A device with these threads.
  var device: Device { Device(threads: count) }
}

/// `--json`.
struct JSONOption: ParsableArguments {
  @Flag(name: .customLong("json"), help: "Print JSON instead of a table.")
  var isOn = false
}

extension ComponentKind: ExpressibleByArgument {
  /// Singular and plural mean the same: `fusion`, `fusions`.
  public init?(argument: String) {
    guard let kind = Self.allCases.first(where: { $0.rawValue == argument || $0.plural == argument }) else {
      return nil
    }
    self = kind
  }

  /// The kinds as `fusionkit list` takes them.
  public static var allValueStrings: [String] { allCases.map(\.plural) }
}

/// The wrapper of the argument parser, not FusionCore's description of a configuration's key: here, an option is what
/// stands on the command line.
typealias Option = ArgumentParser.Option
