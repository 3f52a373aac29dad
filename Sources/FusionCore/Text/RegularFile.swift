#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Files that are to be read: nothing else is opened by accident.
///
/// A named pipe would keep the program waiting for somebody to write, a device may never end.
package enum RegularFile {
  /// Why a file is not read, in words.
  package struct Refusal: Error, Equatable {
    /// Without the path: `there is no such file`.
    package let words: String
    /// Whether there is nothing of that name.
    package let isAbsent: Bool

    init(_ words: String, isAbsent: Bool = false) { (self.words, self.isAbsent) = (words, isAbsent) }

    /// The system's error.
    init(code: Int32) {
      switch code {
      case ENOENT: self.init("there is no such file", isAbsent: true)
      case EISDIR: self.init("it is a folder")
      case EACCES: self.init("reading it is not allowed")
      default: self.init(String(cString: strerror(code)))
      }
    }
  }

  /// Opens a file for reading without ever waiting; closing the descriptor is the caller's care.
  package static func open(_ path: String) throws(Refusal) -> (descriptor: Int32, size: Int) {
    #if canImport(Glibc)
      let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    #else
      let descriptor = Darwin.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    #endif
    guard descriptor >= 0 else { throw Refusal(code: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw Refusal(code: code)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return (descriptor, Int(status.st_size))
    case S_IFDIR:
      close(descriptor)
      throw Refusal("it is a folder")
    default:
      close(descriptor)
      throw Refusal("it is no regular file, but a pipe, a device or a socket")
    }
  }

  /// Refuses what is no regular file that can be read, for libraries that open files by themselves.
  package static func check(_ path: String) throws(Refusal) { close(try open(path).descriptor) }

  /// The bytes of a file, or the first of them.
  ///
  /// - Parameter limit: at most so many are read.
  package static func bytes(of path: String, limit: Int = .max) throws(Refusal) -> [UInt8] {
    let (descriptor, size) = try open(path)
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(size, limit))
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < limit {
      let count = read(descriptor, &chunk, min(chunk.count, limit - bytes.count))
      if count < 0 {
        if errno == EINTR { continue }
        throw Refusal(code: errno)
      }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return bytes
  }
}
