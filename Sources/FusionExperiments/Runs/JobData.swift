extension Trainer {
  /// Compares the data with those of the jobs that are done, unless all are: then no new run stands beside them.
  ///
  /// - Throws: `MixedData`; `DataError` where the data cannot be read.
  public func checkData(since jobs: [TrainingJob], of folder: String) throws {
    let finished = jobs.map(\.run).filter(\.isComplete)
    if finished.count < jobs.count { try checkData(since: finished, of: folder) }
  }
}
