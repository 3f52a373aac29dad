import Foundation
import PackagePlugin

/// Generates the fingerprint of the core: of a target, of all targets below, and of those above that plugins are made of.
@main struct FingerprintCore: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let output = context.pluginWorkDirectoryURL.appending(path: "Fingerprint.swift")
    let above = context.package.targets.filter { Self.importedByPlugins.contains($0.name) }
    let files = ([target] + target.recursiveTargetDependencies + above).compactMap { $0 as? any SourceModuleTarget }
      .flatMap { sources($0) }
    return [
      .buildCommand(
        displayName: "Fingerprinting \(target.name) (\(files.count) files)",
        executable: try context.tool(named: "FingerprintGenerator").url,
        arguments: [target.name, output.path, context.package.directoryURL.path] + files.map { $0.path },
        inputFiles: files, outputFiles: [output])
    ]
  }

  /// Modules that a plugin may import beside the core. They depend on the core, so they cannot be found below it.
  private static let importedByPlugins: Set = ["FusionComponents"]

  /// Sources and headers; what build tools generate is left out, this plugin's own file above all.
  private func sources(_ target: any SourceModuleTarget) -> [URL] {
    target.sourceFiles.filter { [.source, .header].contains($0.type) }.map(\.url)
      .filter { $0.path.hasPrefix(target.directoryURL.path) }
  }
}
