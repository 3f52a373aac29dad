import FusionCore

/// A setting that is one of several kinds, chosen by `type`; each kind has its own keys.
public protocol VariantSettings: Sendable, Equatable {
  /// The kinds, the first one being the default.
  static var variants: [Variant] { get }
  /// Wraps a configuration of one of the ``variants``.
  init(_ configuration: any ComponentConfiguration)
  /// The configuration of the kind chosen.
  var configuration: any ComponentConfiguration { get }
}

/// One kind of a setting.
public struct Variant: Sendable {
  /// The value of `type`.
  public let name: String
  /// One line on what it is.
  public let summary: String
  /// What may stand beside `type`.
  public let configuration: any ComponentConfiguration.Type
}

extension VariantSettings {
  /// The value of `type` that leads to this setting.
  public var typeName: String {
    Self.variants.first { $0.configuration == type(of: configuration) }?.name ?? ""
  }

  /// With its type and all its keys.
  var configValue: ConfigValue { .map([.init("type", .string(typeName))] + configuration.configValue.entries) }
}
