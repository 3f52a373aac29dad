import FusionCore
import FusionData

/// Clusters around a centre for each class, in two modalities.
///
/// A start: put your files in the place of the formula. `StoredArray(opening: "train.npz:face", root: root)` opens npy,
/// npz, safetensors, IDX and CSV files; `CSV`, `Npy`, `SafeTensors` and `Wav` are there by themselves.
public enum SampleDataset: DatasetFormat {
  /// Its name in configurations.
  public static let name = "sample"
  /// What `fusionkit list` says of it.
  public static let summary = "clusters around a centre for each class, in two modalities"

  /// Its keys in configurations.
  public struct Configuration: ComponentConfiguration {
    /// Samples to train on.
    public var samples = 300
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [Option("samples", "samples to train on", .range(4, 1e6))]
  }

  private static let widths = ["left": 4, "right": 3]
  private static let classes = ["first", "second"]

  /// Opens the modalities that are asked for, in that order.
  public static func open(
    _ configuration: Configuration, root: String?, modalities: [String]
  ) throws(DataError) -> Dataset {
    let unknown = modalities.filter { widths[$0] == nil }
    guard unknown.isEmpty else {
      throw DataError("sample", "has no modality \(unknown)", expected: "\(widths.keys.sorted())")
    }
    return Dataset(
      source: "sample", train: try part(.train, configuration.samples, modalities),
      test: try part(.test, 100, modalities), isGenerated: true)
  }

  /// Arrays and targets have a row for each sample. `groups` would say which samples belong together, `ids` what they
  /// are called.
  private static func part(_ name: SplitName, _ count: Int, _ modalities: [String]) throws(DataError) -> DataSplit {
    let labels = (0..<count).map { Int32($0 % classes.count) }
    let random = RandomStream(seed: 0).derived(name.rawValue)
    let arrays = try modalities.mapGathering { modality throws(DataError) in
      let width = widths[modality]!
      let noise = random.derived(modality).normals(count * width)
      let values = noise.enumerated().map { $1 + (labels[$0 / width] == 0 ? 1 : -1) }
      return ModalityArray(modality, try StoredArray(values, shape: [count, width], source: modality))
    }
    return try DataSplit(name: name.rawValue, modalities: arrays, targets: .classes(labels: labels, names: classes))
  }

  /// What the conformance kit opens: a format of files writes a few samples into the folder, and names it as the root.
  public static func example(in folder: String, withTargets: Bool) -> DatasetExample<Configuration> {
    DatasetExample(root: nil, modalities: widths.keys.sorted())
  }
}
