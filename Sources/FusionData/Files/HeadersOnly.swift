/// How much of the files is looked at where a data set is opened.
public enum ReadingDepth {
  /// Whether the values of arrays are left alone: their range is not looked for, and neither is what is not finite.
  ///
  /// A parameter of everything that is called within ``headersOnly(_:)``, down to formats that know nothing of it.
  @TaskLocal static var isHeadersOnly = false

  /// Runs `body`, in which data sets are opened without a look at the values of their arrays: a matter of milliseconds,
  /// whatever their size. Labels and small tables are read all the same.
  public static func headersOnly<Result>(_ body: () throws -> Result) rethrows -> Result {
    try $isHeadersOnly.withValue(true, operation: body)
  }
}
