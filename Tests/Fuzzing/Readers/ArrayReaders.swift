import FusionCore
import Datasets
import FusionData
import Foundation

/// Everything that can be asked of an array once it is open.
private func use(_ array: StoredArray) throws {
  _ = try array.floats()
  _ = try array.scanned(device: Device(threads: 1), always: true)
  _ = try? PresenceMask(array)
}

/// npy files.
struct NpyFuzz: FuzzReader {
  static let name = "npy"
  let folder: String
  let seeds = Corpus.files([".npy": .npy])
  init(folder: String) { self.folder = folder }

  func read(_ input: FuzzInput) throws {
    let path = "\(folder)/input.npy"
    try put(input.bytes, at: path)
    try use(Npy.open(path))
  }
}

/// npz files. What the archive's own checksums do not confirm must not be read.
struct NpzFuzz: FuzzReader {
  static let name = "npz"
  let folder: String
  let seeds = Corpus.files([".npz": .npz])
  init(folder: String) { self.folder = folder }

  func read(_ input: FuzzInput) throws {
    let path = "\(folder)/input.npz"
    try put(input.bytes, at: path)
    let archive = try Npz(opening: path)
    var failure: (any Error)?
    for name in archive.names {
      do { try use(archive.array(name)) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}

/// IDX files, plain and gzip'd.
struct IdxFuzz: FuzzReader {
  static let name = "idx"
  let folder: String
  let seeds = Corpus.files([".idx": .idx, ".gz": .gzip])
  init(folder: String) { self.folder = folder }

  func read(_ input: FuzzInput) throws {
    let path = "\(folder)/\(input.name)"
    try put(input.bytes, at: path)
    try use(Idx.open(path))
  }
}

/// safetensors files.
struct SafeTensorsFuzz: FuzzReader {
  static let name = "safetensors"
  let folder: String
  let seeds = Corpus.files([".safetensors": .safetensors])
  init(folder: String) { self.folder = folder }

  func read(_ input: FuzzInput) throws {
    let path = "\(folder)/input.safetensors"
    try put(input.bytes, at: path)
    let file = try SafeTensors(opening: path)
    for name in file.names {
      guard let array = file[name] else { throw Violation("the tensor '\(name)' is listed and is not there") }
      if !array.shape.isEmpty { try use(array) }
    }
  }
}

/// WAV files.
struct WavFuzz: FuzzReader {
  static let name = "wav"
  let folder: String
  let seeds = Corpus.files([".wav": .wav])
  init(folder: String) { self.folder = folder }

  func read(_ input: FuzzInput) throws {
    let path = "\(folder)/input.wav"
    try put(input.bytes, at: path)
    let sound = try Wav(opening: path)
    guard sound.sampleRate > 0, sound.channels > 0, sound.samples.count % sound.channels == 0 else {
      throw Violation("\(sound.samples.count) samples of \(sound.channels) channels at \(sound.sampleRate) Hz")
    }
    guard sound.samples.allSatisfy(\.isFinite) else { throw Violation("samples that are not finite") }
  }
}

/// Single bits of archives flip: the values read are the ones that were written, or none.
struct ChecksumFuzz: FuzzReader {
  static let name = "checksums"
  let folder: String
  let seeds = Corpus.files([".npz": .npz, ".gz": .gzip])
  private let originals: [[UInt8]: [String: [Float]]]

  init(folder: String) throws {
    self.folder = folder
    var originals: [[UInt8]: [String: [Float]]] = [:]
    for seed in seeds {
      try put(seed.bytes, at: "\(folder)/seed\(seed.name)")
      originals[seed.bytes] = try Self.values("\(folder)/seed\(seed.name)")
    }
    self.originals = originals
  }

  private static func values(_ path: String) throws -> [String: [Float]] {
    guard path.hasSuffix(".npz") else { return ["": try Idx.open(path).floats()] }
    let archive = try Npz(opening: path)
    // Text and what is refused has no values to compare.
    let known = archive.names.compactMap { name in (try? archive.array(name).floats()).map { (name, $0) } }
    return Dictionary(known) { $1 }
  }

  func changed(_ input: FuzzInput, _ random: inout FuzzRandom) -> FuzzInput? {
    let seed = random.choose(seeds)
    // The number of the seed, then the places of the bits.
    var bytes = [UInt8(seeds.firstIndex { $0.bytes == seed.bytes }!)]
    for _ in 0...random.below(3) { bytes += Containers.little(random.below(seed.bytes.count * 8), 4) }
    return FuzzInput(name: seed.name, format: .bytes, bytes: bytes)
  }

  func read(_ input: FuzzInput) throws {
    guard let number = input.bytes.first, Int(number) < seeds.count else { return }
    let seed = seeds[Int(number)]
    var bytes = seed.bytes
    for place in stride(from: 1, to: input.bytes.count, by: 4) {
      let bit = Containers.number(input.bytes, place, 4)
      if bit / 8 < bytes.count { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
    }
    let path = "\(folder)/input\(seed.name)"
    try put(bytes, at: path)
    for (name, values) in try Self.values(path) {
      // An array of another name is not the one that the checksum was made for.
      if let original = originals[seed.bytes]?[name], original != values {
        throw Violation("'\(name)' was read with other values than its checksum is of")
      }
    }
  }
}

/// A folder of arrays, labels and a recipe, one file of which is damaged.
struct DatasetFuzz: FuzzReader {
  static let name = "dataset"
  private let folder: String
  private let files: [String: [UInt8]]
  let seeds: [FuzzInput]

  init(folder: String) throws {
    self.folder = folder + "/set"
    for place in ["image", "audio"] { try AtomicFile.makeFolder("\(self.folder)/\(place)") }
    for part in ["train", "test"] {
      for (place, shape) in [("image", [3, 28, 28]), ("audio", [3, 112, 112])] {
        let values = (0..<shape.reduce(1, *)).map { UInt8(truncatingIfNeeded: $0 * 37) }
        try Npy.write(values, shape: shape, to: "\(self.folder)/\(place)/\(part)_data.npy")
      }
      try Npy.write([3, 1, 4], shape: [3], to: "\(self.folder)/\(part)_labels.npy")
    }
    try Npy.write([1, 0, 1], shape: [3], to: "\(self.folder)/audio/train_present.npy")
    let recipe = Corpus.files(["recipe.json": .json])[0].bytes
    try put(recipe, at: self.folder + "/recipe.json")
    var files: [String: [UInt8]] = [:]
    for case let name as String in FileManager.default.enumerator(atPath: self.folder)! {
      if let bytes = FileManager.default.contents(atPath: "\(self.folder)/\(name)") { files[name] = Array(bytes) }
    }
    self.files = files
    seeds = files.sorted { $0.key < $1.key }.map { name, bytes in
      FuzzInput(name: name, format: name.hasSuffix(".json") ? .json : .npy, bytes: bytes)
    }
  }

  func read(_ input: FuzzInput) throws {
    for (name, bytes) in files { try put(name == input.name ? input.bytes : bytes, at: "\(folder)/\(name)") }
    let dataset = try AVMNISTDataset.open(.init(), root: folder, modalities: ["image", "audio"])
    for split in dataset.splits {
      guard split.rows.count == split.count, split.labels.allSatisfy({ (0...9).contains($0) }) else {
        throw Violation("the part '\(split.name)' has \(split.rows.count) rows and the labels \(split.labels)")
      }
      for modality in split.modalities { try use(modality.array) }
    }
    _ = try Inspection(of: folder, verifies: true, device: Device(threads: 1))
  }
}
