import ArgumentParser
import Foundation
import FusionCore
import PluginLoading

/// `fusionkit plugin build`: from a package to a library that `--plugin` loads.
struct BuildPluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Builds the plugins of a package into a library for --plugin.",
    discussion: """
      Compiles the targets of the package's library products, each called as the plugin it holds, against the core that \
      this program was built from; nothing of the core is compiled again or copied into the library. Loads the result \
      to see that it can be.

      Examples:
        fusionkit plugin build ~/gated-sum
        fusionkit train late.yaml --set fusion.type=gated_sum --plugin ~/gated-sum/.build/libGatedSumFusion.so
      """)

  @Argument(help: ArgumentHelp("The folder of the package. (default: the current one)", valueName: "package"))
  var package: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The library. (default: .build/libPACKAGE.so in the package)", valueName: "file"))
  var output: String?

  func validate() throws {
    if output?.isEmpty == true { throw ValidationError("--output is empty") }
  }

  func run() throws {
    let package = try PluginPackage(in: package ?? ".")
    let library = output ?? "\(package.folder)/.build/\(PluginPackage.libraryName(package.name))"
    try LibraryBuild(package: package, core: try BuiltCore()).make(library)
    var registry = Registry()
    do throws(PluginError) { try registry.load(library: library) } catch {
      // Most likely something else was built in the folder since, the tests for instance.
      throw UsageError(
        "the library was built, and this program cannot load it\n  \(error.reason)\n"
          + "  if the modules beside this program are newer than it, build it again: "
          + "swift build -c release --product fusionkit")
    }
    let plugins = ComponentKind.allCases.flatMap { registry.all($0) }.map {
      "\($0.type.kind.words) \($0.type.name)"
    }
    try Console.print("\(library): \(plugins.joined(separator: ", "))")
  }
}
