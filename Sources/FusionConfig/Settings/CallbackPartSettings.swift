import FusionCore

/// The key that stands beside those of every callback.
struct CallbackPartSettings: ComponentConfiguration, Equatable {
  /// What an error in a callback does.
  enum Reaction: String, Sendable, CaseIterable, Codable {
    /// A warning is told, the callback is not called again, and the run goes on.
    case warn
    /// The run ends with the error once the epoch is saved.
    case stop
  }

  /// What an error in it does.
  var onError = Reaction.warn

  private enum CodingKeys: String, CodingKey { case onError = "on_error" }

  /// See the properties.
  static let options = [
    Option(
      "on_error", "what an error in it does: warn and go on without it, or stop the run once the epoch is saved",
      Reaction.self)
  ]
}

extension ConfiguredCallback {
  /// With its type and all its keys.
  var configValue: ConfigValue {
    var part = CallbackPartSettings()
    part.onError = stopsOnError ? .stop : .warn
    let own = component.configValue.entries
    // A key of its own of that name counts, as it does where the file is read.
    return .map(own + part.configValue.entries.filter { entry in !own.contains { $0.key == entry.key } })
  }
}
