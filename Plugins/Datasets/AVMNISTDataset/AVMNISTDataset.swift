import FusionCore
import FusionData

/// PyKale's layout of AV-MNIST: pairs of a written and a spoken digit.
///
/// ```
/// ROOT/image/train_data.npy   [N, 28, 28] or [N, 784]      ROOT/image/test_data.npy
/// ROOT/audio/train_data.npy   [N, 112, 112]                ROOT/audio/test_data.npy
/// ROOT/train_labels.npy       [N], 0 to 9                  ROOT/test_labels.npy
/// ```
///
/// Any numeric type. A folder with a test part alone, with or without labels, serves prediction, and need not have all
/// modalities. `ROOT/audio/train_present.npy` `[N]` and so on, where there is one, says with 0 which samples lack a modality.
/// The column `recording` of `ROOT/test_origins.csv`, where there is one, tells which samples belong together.
public enum AVMNISTDataset: DatasetFormat {
  /// Nothing to choose: the layout says it all.
  public typealias Configuration = NoConfiguration
  /// `dataset: avmnist`.
  public static let name = "avmnist"
  /// One line on what it is.
  public static let summary = "AV-MNIST in PyKale's layout: images 28x28, spectrograms 112x112, labels 0 to 9"

  private static let layout = DigitLayout.avmnist

  /// The shapes of the layout; bytes, as the builders write them.
  public static func declaredArrays(_ configuration: NoConfiguration) -> [String: ArrayDescription]? {
    layout.sampleShapes.mapValues { ArrayDescription(sampleShape: $0, elementType: "uint8", valueRange: 0...255) }
  }

  /// The ten digits.
  public static func declaredClasses(_ configuration: NoConfiguration) -> [String]? { DigitLayout.classes }

  /// Opens the files of the modalities, checks shapes, labels and lengths, and looks for NaN in floating-point arrays.
  public static func open(
    _ configuration: NoConfiguration, root: String?, modalities: [String]
  ) throws(DataError) -> Dataset { try layout.open(root: root, modalities: modalities, needsAll: true) }

  /// As any folder; modalities that a part has no array of are left out.
  public static func openForPrediction(
    _ configuration: NoConfiguration, root: String?, modalities: [String]
  ) throws(DataError) -> Dataset { try layout.open(root: root, modalities: modalities, needsAll: false) }

  /// A dozen samples of noise, in the layout's files.
  public static func example(in folder: String, withTargets: Bool) throws(DataError) -> DatasetExample<Configuration> {
    try layout.writeExample(in: folder, withTargets: withTargets)
    return DatasetExample(root: folder, modalities: layout.modalities)
  }
}
