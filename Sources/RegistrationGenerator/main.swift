// Writes the registration of every plugin: RegistrationGenerator OUTPUT TARGET…
// By convention a plugin's target is called as the one type that it registers.
import Foundation

let output = CommandLine.arguments[1]
let names = CommandLine.arguments.dropFirst(2).sorted()
let source = """
  // Generated at build time from the dependencies of AllPlugins.
  import FusionCore
  \(names.map { "import \($0)" }.joined(separator: "\n"))

  extension Registry {
    /// A registry with every plugin of this package.
    ///
    /// - Throws: `RegistryError.duplicate` where two plugins claim the same name.
    public static func allPlugins() throws(RegistryError) -> Registry {
      var registry = Registry()
  \(names.map { "    try registry.register(\($0).self, origin: \"\($0)\")" }.joined(separator: "\n"))
      return registry
    }
  }

  """
try source.write(toFile: output, atomically: true, encoding: .utf8)
