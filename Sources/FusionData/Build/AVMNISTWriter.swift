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

  private let files: DatasetWriter
  private let device: Device

  init(folder: String, device: Device, progress: @escaping BuildProgress) throws(DataError) {
    files = try DatasetWriter(folder: folder, subfolders: ["image", "audio"], progress: progress)
    self.device = device
  }

  /// Writes the files of a part under temporary names.
  func write(_ part: Part) throws(DataError) {
    let count = part.labels.count
    try files.array("image/\(part.name)_data.npy", "\(part.name) images", .uint8, shape: [count, 28, 28], chunk: 4096) {
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
    try files.array("audio/\(part.name)_data.npy", "\(part.name) spectrograms", .uint8, shape: shape, chunk: 512) {
      rows, base in
      let units = (rows.count + 7) / 8
      device.parallel(units: units) { unit in
        let workspace = Spectrogram.Workspace()
        for place in unit * 8..<min(rows.count, unit * 8 + 8) {
          part.audio(rows.lowerBound + place, workspace, base + place * sample)
        }
      }
    }
    try files.labels("\(part.name)_labels.npy", part.labels)
    try files.lines("\(part.name)_origins.csv", part.origins)
  }

  /// Puts all files in their places, then the recipe.
  func commit(_ recipe: Recipe) throws(DataError) -> Recipe { try files.commit(recipe) }
}
