import FusionConfig
import FusionCore
import FusionData

// What a configured data set says of itself, its type forgotten.

extension DataSettings {
  /// The data set as what opens it; nil for a component that claims to be one.
  var format: (any DatasetFormat.Type)? { dataset as? any DatasetFormat.Type }

  /// Whether `data.target_type` says how targets are read.
  var readsTargetType: Bool { configuration.configValue["target_type"] != nil }

  /// See `DatasetFormat.testCutKey(_:)`.
  public var testCutKey: String? {
    func key<F: DatasetFormat>(_ format: F.Type) -> String? {
      (configuration as? F.Configuration).flatMap { format.testCutKey($0) }
    }
    return format.flatMap { key($0) }
  }

  /// See `DatasetFormat.tableHeader(_:)`.
  public var tableHeader: TableHeader {
    func header<F: DatasetFormat>(_ format: F.Type) -> TableHeader {
      (configuration as? F.Configuration).map { format.tableHeader($0) } ?? .auto
    }
    return format.map { header($0) } ?? .auto
  }
}
