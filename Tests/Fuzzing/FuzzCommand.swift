import ArgumentParser
import Foundation

/// `fusionkit-fuzz`: changed files against every reader, for a time.
@main
struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fusionkit-fuzz",
    abstract: "Feeds damaged files to every reader; CONTRIBUTING.md tells more.",
    subcommands: [Run.self, Repeat.self, WorkerCommand.self], defaultSubcommand: Run.self)

  static var readers: [any FuzzReader.Type] {
    [
      NpyFuzz.self, NpzFuzz.self, IdxFuzz.self, ChecksumFuzz.self, WavFuzz.self, TableFuzz.self, SafeTensorsFuzz.self,
      YAMLFuzz.self, OverrideFuzz.self, RecipeFuzz.self, DatasetFuzz.self, RunFuzz.self, ModelFuzz.self,
      CheckpointFuzz.self,
    ]
  }

  static func reader(_ name: String) throws -> any FuzzReader.Type {
    guard let reader = (readers + [BrokenFuzz.self]).first(where: { $0.name == name }) else {
      throw ValidationError("there is no reader '\(name)': \(readers.map { $0.name }.joined(separator: ", "))")
    }
    return reader
  }
}

extension FuzzCommand {
  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Fuzz; the default.")
    @Option(help: "For how long, over all readers.") var seconds = 60.0
    @Option(help: "The same seed makes the same inputs.") var seed: UInt64 = 1
    @Option(help: "At most so many inputs for each reader.") var inputs = UInt64.max
    @Option(parsing: .singleValue, help: "Only this reader; repeatable.") var reader: [String] = []
    @Option(help: "Where inputs go that show a fault.") var crashes = ".build/fuzz"
    @Option(help: "Seconds of the processor after which an input hangs.")
    var patience = 20.0
    @Option(name: .customLong("repeat"), help: "Read a kept input again instead.") var again: String?

    func run() throws {
      if let again { return try Repeat.read(again) }
      let readers = try reader.isEmpty ? FuzzCommand.readers : reader.map(FuzzCommand.reader)
      let campaign = try Campaign(seed: seed, crashes: crashes, patience: patience)
      // At most a minute at a time: every round starts afresh from the corpus.
      let rounds = max(1, (seconds / Double(readers.count) / 60).rounded(.up))
      for round in 0..<UInt64(rounds) {
        for reader in readers {
          try campaign.run(
            reader.name, round: round, seconds: seconds / Double(readers.count) / rounds, inputs: inputs)
        }
        if rounds > 1 { say("round \(round + 1) of \(Int(rounds)) is done") }
      }
      report(campaign, readers.map { $0.name })
      if campaign.counts.values.contains(where: { $0.faults > 0 }) { throw ExitCode(1) }
    }

    private func report(_ campaign: Campaign, _ readers: [String]) {
      func row(_ cells: [String]) -> String {
        cells.enumerated().map { i, cell in
          let blanks = String(repeating: " ", count: max(0, 12 - cell.count))
          return i == 0 ? cell + blanks : blanks + cell
        }.joined(separator: " ")
      }
      say(row(["reader", "inputs", "accepted", "kept", "faults"]))
      for name in readers {
        guard let count = campaign.counts[name] else { continue }
        say(row([name, "\(count.inputs)", "\(count.accepted)", "\(count.pool)", "\(count.faults)"]))
      }
      let all = campaign.counts.values.reduce(into: Campaign.Count()) {
        $0.inputs += $1.inputs; $0.faults += $1.faults
      }
      say("\(all.inputs) inputs, \(all.faults) faults; seed \(seed)")
    }
  }

  struct Repeat: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Read one kept input again.", shouldDisplay: false)
    @Argument var file: String
    func run() throws { try Self.read(file) }

    /// A kept input's name begins with its reader's, and ends with its own behind an @.
    static func read(_ file: String) throws {
      let words = (file as NSString).lastPathComponent.split(separator: "@", maxSplits: 1)
      let type = try FuzzCommand.reader(String(words[0].prefix { $0 != "-" }))
      let folder = NSTemporaryDirectory() + "fusionkit-fuzz-\(getpid())"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let reader = try type.init(folder: folder)
      guard let bytes = FileManager.default.contents(atPath: file) else {
        throw ValidationError("\(file): there is no such file")
      }
      let name = words.count > 1 ? String(words[1]).replacing(",", with: "/") : reader.seeds[0].name
      let verdict = reader.judge(FuzzInput(name: name, format: .bytes, bytes: Array(bytes)))
      say(verdict)
      if case .fault = verdict { throw ExitCode(1) }
    }
  }

  struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "worker", abstract: "Feeds one reader.", shouldDisplay: false)
    @Argument var reader: String
    @Option var folder: String
    @Option var seed: UInt64
    @Option var round: UInt64
    @Option var seconds: Double
    @Option var inputs: UInt64

    func run() throws {
      let reader = try FuzzCommand.reader(reader).init(folder: folder + "/work")
      try Limits.apply()
      let worker = Worker(
        reader: reader, folder: folder, seed: seed, round: round, seconds: seconds, inputs: inputs)
      let status = try worker.run()
      if status != 0 { throw ExitCode(status) }
    }
  }
}

/// A line on standard output, at once.
func say(_ line: Any) { try? FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8)) }
