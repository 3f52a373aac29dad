import ArgumentParser
import FusionCore

/// A kind that `plugin new` has a start for, singular or plural.
struct PluginKind: ExpressibleByArgument {
  let kind: ComponentKind
  let template: PluginTemplate

  init?(argument: String) {
    guard let kind = ComponentKind(argument: argument), let template = kind.template else { return nil }
    self.kind = kind
    self.template = template
  }

  static var allValueStrings: [String] {
    ComponentKind.allCases.filter { $0.template != nil }.map(\.rawValue)
  }
}
