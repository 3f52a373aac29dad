import Foundation

/// The most memory that this process has held at once, pages of mapped files included, in bytes; nil where the system
/// does not tell.
///
/// On Linux not `getrusage`, whose number begins with what the starting process held.
func peakMemoryBytes() -> Int? {
  #if canImport(Darwin)
    var usage = rusage()
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : nil
  #else
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return kilobytes << 10
  #endif
}
