import ArgumentParser
import FusionCore

/// What a plugin can be: every kind of component but data sets, singular or plural.
struct PluginKind: ExpressibleByArgument {
  let kind: ComponentKind

  init?(argument: String) {
    guard let kind = ComponentKind(argument: argument), Self.all.contains(kind) else { return nil }
    self.kind = kind
  }

  /// In the order in which they are named everywhere.
  static let all: [ComponentKind] = [.fusion, .encoder, .decoder, .modality]

  static var allValueStrings: [String] { all.map(\.rawValue) }
}
