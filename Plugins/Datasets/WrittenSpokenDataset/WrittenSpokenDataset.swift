import FusionCore
import FusionData

/// Pairs of a written and a spoken digit, in the files of the written and spoken digits database (Khacef, Rodriguez and
/// Miramond 2020, doi:10.5281/zenodo.3515935), which it reads as they are.
///
/// ```
/// ROOT/data_wr_train.npy   [N, 784]: images 28x28          ROOT/data_wr_test.npy
/// ROOT/data_sp_train.npy   [N, 507]: 39 frames of 13 MFCC  ROOT/data_sp_test.npy
/// ROOT/labels_train.npy    [N], 0 to 9                     ROOT/labels_test.npy
/// ```
///
/// Any numeric type. The labels of the test part may be missing, and so may the training part, for prediction, which need not
/// have all modalities either. `ROOT/present_sp_train.npy` `[N]` and so on, where there is one, says with 0 which samples lack a
/// modality. The column
/// `recording` of `ROOT/origins_test.csv`, where there is one, tells which samples belong together. The modality
/// `image` is `[28, 28]`, `audio` `[39, 13]`: frames, coefficients.
public enum WrittenSpokenDataset: DatasetFormat {
  /// Nothing to choose: the layout says it all.
  public typealias Configuration = NoConfiguration
  /// `dataset: written_spoken`.
  public static let name = "written_spoken"
  /// One line on what it is.
  public static let summary = "written and spoken digits: images 28x28, 39 frames of 13 MFCC, labels 0 to 9"

  private static let layout = DigitLayout.writtenSpoken

  /// The shapes of the layout; values from 0 to 1, as the builder writes them.
  public static func declaredArrays(_ configuration: NoConfiguration) -> [String: ArrayDescription]? {
    layout.sampleShapes.mapValues { ArrayDescription(sampleShape: $0, elementType: "float32", valueRange: 0...1) }
  }

  /// The ten digits.
  public static func declaredClasses(_ configuration: NoConfiguration) -> [String]? { DigitLayout.classes }

  /// Opens the files of the modalities, checks shapes, labels and lengths, and looks for NaN.
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
