import PackagePlugin

/// Generates the registration code of `AllPlugins` from that target's dependencies under `Plugins/`.
@main struct RegisterPlugins: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let output = context.pluginWorkDirectoryURL.appending(path: "Registration.swift")
    var names: [String] = []
    for case .target(let dependency) in target.dependencies
    where dependency.directoryURL.deletingLastPathComponent().lastPathComponent == "Plugins" {
      names.append(dependency.name)
    }
    return [
      .buildCommand(
        displayName: "Registering \(names.count) plugins",
        executable: try context.tool(named: "RegistrationGenerator").url,
        arguments: [output.path] + names,
        outputFiles: [output])
    ]
  }
}
