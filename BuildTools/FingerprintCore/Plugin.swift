import Foundation
import PackagePlugin

/// Generates the fingerprint of a target from the sources of it and of all targets below.
@main struct FingerprintCore: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let output = context.pluginWorkDirectoryURL.appending(path: "Fingerprint.swift")
    let files = ([target] + target.recursiveTargetDependencies).compactMap { $0 as? any SourceModuleTarget }
      .flatMap { sources($0) }
    return [
      .buildCommand(
        displayName: "Fingerprinting \(files.count) files of the core",
        executable: try context.tool(named: "FingerprintGenerator").url,
        arguments: [output.path, context.package.directoryURL.path] + files.map { $0.path },
        inputFiles: files, outputFiles: [output])
    ]
  }

  /// Sources and headers; what build tools generate is left out, this plugin's own file above all.
  private func sources(_ target: any SourceModuleTarget) -> [URL] {
    target.sourceFiles.filter { [.source, .header].contains($0.type) }.map(\.url)
      .filter { $0.path.hasPrefix(target.directoryURL.path) }
  }
}
