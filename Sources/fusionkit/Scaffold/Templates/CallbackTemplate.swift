extension PluginTemplate {
  /// A line per epoch.
  static let callback = PluginTemplate(
    source: #"""
      import FusionCore

      /// Writes a line per epoch to a file of the run's folder.
      ///
      /// A start: write what you need, in the hooks that you need (docs/callbacks.md).
      public struct __type__: Callback {
        /// Its name in configurations.
        public static let name = "__name__"
        /// What `fusionkit list` says of it.
        public static let summary = "a line per epoch"

        /// Its keys in configurations.
        public struct Configuration: ComponentConfiguration {
          /// Name of the file in the run's folder.
          public var file = "__name__.csv"
          /// The defaults.
          public init() {}
          /// Each key with its meaning and the values that it takes.
          public static let options: [Option] = [Option("file", "name of the file in the run's folder")]
        }

        /// All files that it writes: no two callbacks of a run may write the same.
        public static func files(_ configuration: Configuration) -> [String] { [configuration.file] }

        private let file: LineFile

        /// Touches no file: the run may not come to begin.
        public init(_ configuration: Configuration, folder: String) { file = LineFile(configuration.file, in: folder) }

        /// A resumed run tells the epochs behind it: written anew from them, no line is there twice and none is missing.
        public mutating func onRunStart(_ run: CallbackRun) throws {
          try file.begin(["epoch,train_loss"] + run.history.map(Self.line))
        }

        /// An error ends no training: it is told, and the callback is not called again.
        public mutating func onEpochEnd(_ epoch: CallbackEpoch) throws { try file.append([Self.line(epoch)]) }

        private static func line(_ epoch: CallbackEpoch) -> String {
          "\(epoch.place.epoch)," + (epoch.train["loss"].map { "\($0)" } ?? "")
        }
      }

      """#,
    facts: """
      **Writes** a line per epoch, to `file` in the run's folder

      """,
    example: """
      training: {callbacks: [{type: __name__}]}
      """,
    experiment: """
      fusion: {type: concat}
      training: {callbacks: [{type: __name__}]}
      """,
    fixture: nil)
}
