import FusionCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The bytes of a configuration file, or why there are none, in words.
///
/// Reads at most one byte more than a configuration may have: a device or a data set given by mistake is not swallowed.
func readConfigurationFile(_ path: String) -> Result<[UInt8], RegularFile.Refusal> {
  Result { () throws(RegularFile.Refusal) in
    try RegularFile.bytes(of: path, limit: largestConfigurationBytes + 1)
  }
}

/// The path without links and detours, so that a file is known again under another spelling.
func canonicalPath(_ path: String) -> String {
  guard let resolved = realpath(path, nil) else { return path }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// `path` as seen from the folder of `file`.
func path(_ path: String, besides file: String) -> String {
  guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
  return file[...slash] + path
}

/// The last part of a path, without its extension.
func baseName(_ path: String) -> String {
  let name = path.split(separator: "/").last ?? ""
  return String(name.lastIndex(of: ".").map { $0 > name.startIndex ? name[..<$0] : name } ?? name)
}
