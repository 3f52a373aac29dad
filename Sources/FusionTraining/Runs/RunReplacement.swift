import FusionCore
import FusionData
import Foundation

/// How a new run takes its place in a folder, which may hold an old one.
///
/// The new run is written to the folder `beginning` within, up to its first checkpoint. Then that folder is renamed to
/// `begun`: from this moment on, and not before, the new run is the one that counts. ``settle()`` takes the old run's
/// files away and moves the new ones to their places; a process that is killed in between leaves that to the next one.
extension RunFolder {
  /// Where a run is written that has not begun yet.
  var beginning: RunFolder { RunFolder("\(path)/\(Self.beginningName)") }
  /// Where a run lies that has begun, on its way to its place.
  private var begun: RunFolder { RunFolder("\(path)/\(Self.begunName)") }

  /// Makes the folder of a run that has not begun yet, and empties it.
  func prepareBeginning() throws(RunFolderError) -> RunFolder {
    removeBeginning()
    guard !Self.exists(beginning.path) else {
      throw .notWritable(
        path: beginning.path, reason: "it holds files that no run has written; move them elsewhere")
    }
    try beginning.make()
    return beginning
  }

  /// Removes a run that did not get as far as its first checkpoint.
  func removeBeginning() {
    let new = beginning
    for file in [new.model, new.metrics, new.environment, new.checkpoint, new.configuration] { unlink(file) }
    new.removeAbandonedFiles()
    rmdir(new.checkpointFolder)
    rmdir(new.path)
  }

  /// Removes what processes have left in the folder that were killed while they wrote.
  package func removeAbandonedFiles() {
    for folder in [path, checkpointFolder] { AbandonedFiles.remove(in: folder) }
  }

  /// Puts the run that was written to ``beginning`` in the place of what the folder holds.
  ///
  /// - Throws: ``RunFolderError/notWritable(path:reason:)``.
  func takeOver() throws(RunFolderError) {
    // What cannot be replaced is found before anything of the old run is gone.
    for file in [
      metrics, history, predictions, subsets, model, previousCheckpoint, checkpoint, environment, configuration,
    ] {
      var status = stat()
      if lstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        throw .notWritable(path: file, reason: "a folder lies there; move it elsewhere")
      }
    }
    guard rename(beginning.path, begun.path) == 0 else { throw notWritable(begun.path) }
    try settle()
  }

  /// Completes what ``takeOver()`` began, in this process or in one that was killed. To be called by whoever holds the
  /// folder's lock.
  func settle() throws(RunFolderError) {
    let new = begun
    guard Self.exists(new.path) else { return }
    // The configuration moves after the old run's files are gone, and before files that could be taken for them.
    if Self.exists(new.configuration) {
      var old = [metrics, history, predictions, subsets, model, previousCheckpoint]
      // A run without epochs has a model at once, and no checkpoint.
      if Self.exists(new.model) { old.append(checkpoint) }
      for file in old where unlink(file) != 0 && errno != ENOENT { throw notWritable(file) }
    }
    let moves = [
      (new.checkpoint, checkpoint), (new.environment, environment), (new.configuration, configuration),
      (new.model, model), (new.metrics, metrics),
    ]
    for (from, to) in moves where rename(from, to) != 0 && errno != ENOENT { throw notWritable(to) }
    new.removeAbandonedFiles()
    rmdir(new.checkpointFolder)
    if rmdir(new.path) == 0 { return }
    // Files of others stay, but not in the way.
    guard errno == ENOTEMPTY, rename(new.path, "\(path)/left-\(getpid())") == 0 else { throw notWritable(new.path) }
  }

  /// ``settle()``, where a process that was killed has left that to do: to be called before the folder is read.
  ///
  /// - Throws: ``RunFolderError/busy(path:)`` where a process is about it; ``RunFolderError/notWritable(path:reason:)``.
  public func recover() throws(RunFolderError) {
    guard Self.exists(begun.path) else { return }
    let descriptor = openLog(O_RDONLY)
    guard descriptor >= 0 else { throw notWritable(log) }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { throw .busy(path: path) }
    try settle()
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  private func notWritable(_ file: String) -> RunFolderError {
    .notWritable(path: file, reason: String(cString: strerror(errno)))
  }
}
