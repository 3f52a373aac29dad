import Foundation

/// What a worker may use; more is a fault.
enum Limits {
  /// Beyond what the process has mapped when reading begins.
  static let memory: UInt64 = 1 << 30
  /// Lets allocations beyond the limit fail, which ends the worker.
  static func apply() throws {
    #if os(Linux)
      let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[0]
      let limit = (UInt64(pages) ?? 0) * UInt64(sysconf(Int32(_SC_PAGESIZE))) + memory
      var value = rlimit(rlim_cur: rlim_t(limit), rlim_max: rlim_t(limit))
      guard setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &value) == 0 else {
        throw Violation("the fuzzer cannot limit its memory: \(String(cString: strerror(errno)))")
      }
      value = rlimit(rlim_cur: 0, rlim_max: 0)
      setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &value)
    #endif
  }
}
