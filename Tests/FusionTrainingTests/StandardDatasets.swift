import Datasets
import FusionCore

extension Registry {
  /// Enters the data sets that tests open.
  mutating func registerDatasets() throws(RegistryError) {
    for type in [ArraysDataset.self, AVMNISTDataset.self] as [any Component.Type] {
      try register(type, origin: "Datasets")
    }
  }
}
