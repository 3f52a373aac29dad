import FusionCore
import Foundation

/// Writes the files of a data set: all of them, or none in place of older ones. Files of other names in the folder are left
/// alone.
final class DatasetWriter {
  private let folder: String
  private var finished: [(path: String, commit: () throws(DataError) -> String)] = []
  private let progress: BuildProgress
  private let lock: BuildLock

  init(folder: String, subfolders: [String] = [], progress: @escaping BuildProgress) throws(DataError) {
    self.folder = folder
    self.progress = progress
    try AtomicFile.makeFolder(folder)
    lock = try BuildLock(folder)
    for name in subfolders { try AtomicFile.makeFolder("\(folder)/\(name)") }
    // Of builds that were killed: this one is alone here.
    for name in [""] + subfolders { AbandonedFiles.remove(in: "\(folder)/\(name)") }
  }

  /// Writes an array under a temporary name, `chunk` samples at a time, each of which `fill` makes.
  func array<Value: BitwiseCopyable>(
    _ path: String, _ stage: String, _ elementType: ElementType, shape: Shape, chunk: Int,
    fill: (_ rows: Range<Int>, UnsafeMutablePointer<Value>) -> Void
  ) throws(DataError) {
    let writer = try NpyWriter("\(folder)/\(path)", elementType, shape: shape)
    let width = shape.dropFirst().reduce(1, *)
    for start in stride(from: 0, to: shape[0], by: chunk) {
      let rows = start..<min(shape[0], start + chunk)
      let values = [Value](unsafeUninitializedCapacity: rows.count * width) { buffer, count in
        fill(rows, buffer.baseAddress!)
        count = rows.count * width
      }
      try writer.append(values)
      progress(stage, rows.upperBound, shape[0])
    }
    try writer.complete()
    finished.append((path, { () throws(DataError) in try writer.commit() }))
  }

  /// Writes labels under a temporary name.
  func labels(_ path: String, _ labels: [Int]) throws(DataError) {
    let writer = try NpyWriter("\(folder)/\(path)", .int64, shape: [labels.count])
    try writer.append(labels.map(Int64.init))
    try writer.complete()
    finished.append((path, { () throws(DataError) in try writer.commit() }))
  }

  /// Writes lines of text under a temporary name.
  func lines(_ path: String, _ lines: [String]) throws(DataError) {
    let file = try AtomicFile("\(folder)/\(path)")
    let hash = SHA256()
    let text = Array(lines.joined().utf8)
    text.withUnsafeBytes { hash.update($0) }
    try file.write(text)
    try file.complete()
    finished.append(
      (
        path,
        { () throws(DataError) in
          try file.commit()
          return hash.finish()
        }
      ))
  }

  /// Puts all files in their places, then the recipe.
  ///
  /// - Parameter absent: files that an older data set of this layout may have here and the new one has not.
  func commit(_ recipe: Recipe, absent: [String] = []) throws(DataError) -> Recipe {
    try UnfinishedFiles.together { () throws(DataError) in try commitTogether(recipe, absent: absent) }
  }

  private func commitTogether(_ recipe: Recipe, absent: [String]) throws(DataError) -> Recipe {
    var recipe = recipe
    try UnfinishedBuild.begin(in: folder)
    // An older recipe must not seem to describe newer arrays, should the power fail now.
    try Recipe.remove(folder: folder)
    for path in absent where unlink("\(folder)/\(path)") != 0 && errno != ENOENT && errno != ENOTDIR {
      throw .system("\(folder)/\(path)", "cannot be removed")
    }
    for (path, commit) in finished { recipe.files[path] = try commit() }
    try recipe.write(folder: folder)
    try UnfinishedBuild.end(in: folder)
    return recipe
  }
}

/// Told how far a build has come: what it is at, and how many of how many samples are done.
public typealias BuildProgress = (_ stage: String, _ done: Int, _ total: Int) -> Void
