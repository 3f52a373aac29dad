import FusionCore

/// One rule that every plugin has to keep, and the code that looks whether it does.
///
/// Checks are small values. They see a part of the pipeline through a ``Specimen``, whatever its kind, and are gated by
/// what the component declares about itself, never by its name. The kinds outside of the pipeline have checks of their own.
public struct Check: Sendable {
  /// On what a check is run.
  public enum Level: String, Sendable, CaseIterable, Codable {
    /// Once for a plugin: its name, its options, what it refuses.
    case plugin
    /// Once for each configuration: the defaults, the plugin's examples, each word and switch of its options.
    case configuration
    /// For each configuration on all input shapes that it takes.
    case shapes
  }

  /// Where a check looks.
  enum Body: Sendable {
    /// A component of any kind, or of the pipeline's kinds alone.
    case plugin(isOfPipeline: Bool, @Sendable (Plugin, inout Findings) throws -> Void)
    case specimen(@Sendable (Specimen, inout Findings) throws -> Void)
    /// Components of this kind alone, with each of their configurations.
    case configured(ComponentKind, @Sendable (ConfiguredComponent, inout Findings) throws -> Void)
  }

  /// Stable: `GRD-1`.
  public let id: String
  /// What holds, as a sentence without a full stop.
  public let rule: String
  /// The mistake that it finds.
  public let protects: String
  /// On what it is run.
  public let level: Level
  /// Whether it concerns a component, by kind and declared traits.
  let applies: @Sendable (Specimen) -> Bool
  let body: Body

  /// A check of a plugin as a whole.
  ///
  /// - Parameter isOfPipeline: whether it concerns parts of the pipeline alone.
  init(
    _ id: String, _ rule: String, protects: String, isOfPipeline: Bool = false,
    plugin body: @escaping @Sendable (Plugin, inout Findings) throws -> Void
  ) {
    self.id = id
    self.rule = rule
    self.protects = protects
    level = .plugin
    applies = { _ in true }
    self.body = .plugin(isOfPipeline: isOfPipeline, body)
  }

  /// A check of the components of one kind, outside of the pipeline, with each configuration: the defaults, the examples,
  /// each word and switch of the options.
  init(
    _ id: String, _ rule: String, protects: String, of kind: ComponentKind,
    _ body: @escaping @Sendable (ConfiguredComponent, inout Findings) throws -> Void
  ) {
    self.id = id
    self.rule = rule
    self.protects = protects
    level = .configuration
    applies = { _ in false }
    self.body = .configured(kind, body)
  }

  /// A check of a component with a configuration.
  init(
    _ id: String, _ rule: String, protects: String, level: Level,
    where applies: @escaping @Sendable (Specimen) -> Bool = { _ in true },
    _ body: @escaping @Sendable (Specimen, inout Findings) throws -> Void
  ) {
    self.id = id
    self.rule = rule
    self.protects = protects
    self.level = level
    self.applies = applies
    self.body = .specimen(body)
  }
}

extension Check {
  /// All checks, in the order in which they are run and reported.
  public static let all: [Check] =
    registration + configuration + shapes + parameters + forward + gradients + training + files + concurrency
    + kinds + metrics + optimizers + schedules + objectives + datasets + transforms + callbacks
}
