import Foundation
import FusionCore

/// The four files of MNIST.
struct MNISTFiles {
  /// Images `[N, 28, 28]` and as many labels.
  struct Part {
    let images: StoredArray
    let labels: [Int]
  }

  let train: Part
  let test: Part
  /// The SHA-256 of each file, by its name.
  let digests: [String: String]

  init(folder: String) throws(DataError) {
    try requireFolder(folder, expected: "the folder with the four files of MNIST")
    let stems = ["train-images", "train-labels", "t10k-images", "t10k-labels"]
    let paths = try stems.mapGathering { stem throws(DataError) in try Self.find(stem, folder: folder) }
    let arrays = try paths.mapGathering { path throws(DataError) in try Idx.open(path) }
    train = try Self.part(images: arrays[0], labels: arrays[1])
    test = try Self.part(images: arrays[2], labels: arrays[3])
    let hashes = try paths.mapGathering { path throws(DataError) in try SHA256.of(file: path) }
    digests = Dictionary(zip(paths.map { "mnist/" + ($0 as NSString).lastPathComponent }, hashes)) { $1 }
  }

  private static func find(_ stem: String, folder: String) throws(DataError) -> String {
    let kind = stem.hasSuffix("images") ? "idx3" : "idx1"
    let names = ["\(stem)-\(kind)-ubyte.gz", "\(stem)-\(kind)-ubyte", "\(stem).\(kind)-ubyte"]
    for name in names where FileManager.default.fileExists(atPath: "\(folder)/\(name)") { return "\(folder)/\(name)" }
    throw DataError(
      "\(folder)/\(names[0])", "there is no such file", expected: "the four files of MNIST, gzip'd or plain")
  }

  private static func part(images: StoredArray, labels: StoredArray) throws(DataError) -> Part {
    guard images.sampleShape == [28, 28], images.elementType == .uint8 else {
      throw DataError(images.source, "holds \(images.elementType) \(images.shape)", expected: "uint8 [N, 28, 28]")
    }
    // Compares the lengths and checks the range of the labels.
    let split = try DataSplit(
      name: "mnist", modalities: [ModalityArray("image", images)],
      targets: .classes(labels, names: (0..<10).map { "\($0)" }), targetSource: labels.source)
    return Part(images: images, labels: split.labels)
  }
}
