// Writes the registration of every plugin: RegistrationGenerator OUTPUT TARGET:TYPE…
// A target is followed by the types that it registers, with colons in between.
import Foundation

let output = CommandLine.arguments[1]
let targets = CommandLine.arguments.dropFirst(2).sorted().map { $0.split(separator: ":").map(String.init) }
let registrations = targets.flatMap { target in
  target.dropFirst().sorted().map { "    try registry.register(\($0).self, origin: \"\(target[0])\")" }
}
let source = """
  // Generated at build time from the dependencies of AllPlugins.
  import FusionCore
  \(targets.map { "import \($0[0])" }.joined(separator: "\n"))

  extension Registry {
    /// A registry with every plugin of this package.
    ///
    /// - Throws: `RegistryError.duplicate` where two plugins claim the same name.
    public static func allPlugins() throws(RegistryError) -> Registry {
      var registry = Registry()
  \(registrations.joined(separator: "\n"))
      return registry
    }
  }

  """
try source.write(toFile: output, atomically: true, encoding: .utf8)
