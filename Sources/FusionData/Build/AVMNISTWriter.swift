import FusionCore

/// Writes a data set in the layout of ``AVMNISTDataset``: all files, or none of them in place of older ones.
final class AVMNISTWriter {
  /// What one part consists of.
  struct Part {
    let name: String
    let labels: [Int]
    /// A line for each sample that says what it was made of.
    let origins: [String]
    /// Writes images `rows` to the pointer, 784 bytes each. Called on several threads.
    let images: (_ rows: Range<Int>, UnsafeMutablePointer<UInt8>) -> Void
    /// Writes the spectrogram of a sample to the pointer, 12,544 bytes. Called on several threads.
    let audio: (_ row: Int, Spectrogram.Workspace, UnsafeMutablePointer<UInt8>) -> Void
  }

  private let folder: String
  private var finished: [(path: String, commit: () throws(DataError) -> String)] = []
  private let device: Device
  private let progress: BuildProgress

  init(folder: String, device: Device, progress: @escaping BuildProgress) throws(DataError) {
    self.folder = folder
    self.device = device
    self.progress = progress
    for name in ["image", "audio"] { try AtomicFile.makeFolder("\(folder)/\(name)") }
  }

  /// Writes the files of a part under temporary names.
  func write(_ part: Part) throws(DataError) {
    let count = part.labels.count
    try stream("image/\(part.name)_data.npy", "\(part.name) images", shape: [count, 28, 28], chunk: 4096) {
      rows, base in
      // Each unit is a product of matrices: 128 images are enough to make it one worth its name.
      let units = (rows.count + 127) / 128
      device.parallel(units: units) { unit in
        let first = unit * 128
        part.images(rows.lowerBound + first..<min(rows.upperBound, rows.lowerBound + first + 128), base + first * 784)
      }
    }
    let sample = Spectrogram.size * Spectrogram.size
    let shape = [count, Spectrogram.size, Spectrogram.size]
    try stream("audio/\(part.name)_data.npy", "\(part.name) spectrograms", shape: shape, chunk: 512) { rows, base in
      let units = (rows.count + 7) / 8
      device.parallel(units: units) { unit in
        let workspace = Spectrogram.Workspace()
        for place in unit * 8..<min(rows.count, unit * 8 + 8) {
          part.audio(rows.lowerBound + place, workspace, base + place * sample)
        }
      }
    }
    let labels = try NpyWriter("\(folder)/\(part.name)_labels.npy", .int64, shape: [count])
    try labels.append(part.labels.map(Int64.init))
    try labels.complete()
    finished.append(("\(part.name)_labels.npy", { () throws(DataError) in try labels.commit() }))
    let origins = try AtomicFile("\(folder)/\(part.name)_origins.csv")
    let hash = SHA256()
    let text = Array(part.origins.joined().utf8)
    text.withUnsafeBytes { hash.update($0) }
    try origins.write(text)
    try origins.complete()
    finished.append(
      (
        "\(part.name)_origins.csv",
        { () throws(DataError) in
          try origins.commit()
          return hash.finish()
        }
      ))
  }

  /// Puts all files in their places, then the recipe.
  func commit(_ recipe: Recipe) throws(DataError) -> Recipe {
    var recipe = recipe
    // An older recipe must not seem to describe newer arrays, should the power fail now.
    try Recipe.remove(folder: folder)
    for (path, commit) in finished { recipe.files[path] = try commit() }
    try recipe.write(folder: folder)
    return recipe
  }

  private func stream(
    _ path: String, _ stage: String, shape: Shape, chunk: Int,
    fill: (_ rows: Range<Int>, UnsafeMutablePointer<UInt8>) -> Void
  ) throws(DataError) {
    let writer = try NpyWriter("\(folder)/\(path)", .uint8, shape: shape)
    let width = shape.dropFirst().reduce(1, *)
    for start in stride(from: 0, to: shape[0], by: chunk) {
      let rows = start..<min(shape[0], start + chunk)
      let bytes = [UInt8](unsafeUninitializedCapacity: rows.count * width) { buffer, count in
        fill(rows, buffer.baseAddress!)
        count = rows.count * width
      }
      try writer.append(bytes)
      progress(stage, rows.upperBound, shape[0])
    }
    try writer.complete()
    finished.append((path, { () throws(DataError) in try writer.commit() }))
  }
}

/// Told how far a build has come: what it is at, and how many of how many samples are done.
public typealias BuildProgress = (_ stage: String, _ done: Int, _ total: Int) -> Void
