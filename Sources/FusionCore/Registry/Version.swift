/// What this package calls itself.
public enum FusionKit {
  /// The version, as `fusionkit --version` prints it and every run folder records it.
  public static let version = "0.1.0"
}
