import ArgumentParser
import FusionCore
import FusionData

/// `fusionkit data inspect`: what is in a data set.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what is in a data set, or in one file of arrays or a table.",
    discussion: """
      Examples:
        fusionkit data inspect data/avmnist --verify
        fusionkit data inspect patients.csv --header true
      """)

  @Argument(help: "The folder of a data set, or an npy, npz, safetensors, CSV or IDX file.")
  var path: String

  @Flag(help: "Compare every file with the checksum in the recipe; exit with 1 if one differs.")
  var verify = false

  @Option(help: "Whether the first row of a table names its columns.")
  var header = TableHeader.auto

  @OptionGroup var threads: ThreadOption
  @OptionGroup var json: JSONOption

  func run() throws {
    let inspection = try Inspection(of: path, verifies: verify, header: header, device: threads.device)
    if json.isOn { try Console.printJSON(inspection) } else { try Console.print(inspection.description) }
    guard verify else { return }
    guard !inspection.checksums.isEmpty else {
      throw DataError(path, "has no recipe with checksums", expected: "a data set made by fusionkit data")
    }
    let changed = inspection.checksums.filter { $0.value != .same }.keys.sorted()
    guard changed.isEmpty else {
      throw DataError(gathering: changed.map { DataError("\(path)/\($0)", "is not the file that the recipe tells of") })
    }
  }
}

extension TableHeader: ExpressibleByArgument {}
