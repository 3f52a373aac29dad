#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The bytes of a configuration file, or why there are none, in words.
///
/// Reads at most one byte more than a configuration may have: a device or a data set given by mistake is not swallowed.
func readConfigurationFile(_ path: String) -> Result<[UInt8], FileProblem> {
  guard let file = fopen(path, "rb") else { return .failure(FileProblem(words: reason(errno))) }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 64 << 10)
  while bytes.count <= largestConfigurationBytes {
    let count = fread(&chunk, 1, chunk.count, file)
    bytes += chunk[..<count]
    if ferror(file) != 0 { return .failure(FileProblem(words: reason(errno))) }
    if count == 0 { break }
  }
  return .success(bytes)
}

/// Why a file could not be read.
struct FileProblem: Error { let words: String }

private func reason(_ code: Int32) -> String {
  switch code {
  case ENOENT: "there is no such file"
  case EISDIR: "it is a folder"
  case EACCES: "reading it is not allowed"
  default: String(cString: strerror(code))
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
