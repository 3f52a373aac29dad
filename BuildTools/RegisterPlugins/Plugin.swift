import PackagePlugin

/// Generates the registration code of `AllPlugins` from that target's dependencies under `Plugins/`.
@main struct RegisterPlugins: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let output = context.pluginWorkDirectoryURL.appending(path: "Registration.swift")
    var plugins: [String] = []
    for case .target(let dependency) in target.dependencies where isBelowPlugins(dependency) {
      plugins.append(([dependency.name] + components(of: dependency)).joined(separator: ":"))
    }
    return [
      .buildCommand(
        displayName: "Registering \(plugins.count) targets of plugins",
        executable: try context.tool(named: "RegistrationGenerator").url,
        arguments: [output.path] + plugins,
        outputFiles: [output])
    ]
  }

  /// `Plugins/<Kind>s/<Name>`, or `Plugins/<Kind>s` where all of a kind are one target.
  private func isBelowPlugins(_ target: Target) -> Bool {
    target.directoryURL.pathComponents.suffix(3).dropLast().contains("Plugins")
  }

  /// The types that a target registers: each is called as its file and the folder of that. A target of one plugin has no
  /// folders, and registers the type of its own name.
  private func components(of target: Target) -> [String] {
    guard let module = target as? any SourceModuleTarget else { return [] }
    let files = module.sourceFiles.map(\.url).filter { $0.pathExtension == "swift" }
    let types = files.filter { file in
      let folder = file.deletingLastPathComponent()
      return file.deletingPathExtension().lastPathComponent == folder.lastPathComponent
    }.map { $0.deletingPathExtension().lastPathComponent }
    return types.isEmpty ? [target.name] : types
  }
}
