import FusionCore
import Foundation

/// `environment.json`: what a run's numbers depend on besides its configuration.
public struct RunEnvironment: Codable, Sendable, Equatable {
  /// The version of FusionKit.
  public var fusionkit: String
  /// The version of the Swift library at run time.
  public var swift: String
  /// The operating system and its kernel.
  public var system: String
  /// The processor's name for itself.
  public var cpu: String
  /// The instruction set that the kernels chose.
  public var kernels: String
  /// The library of matrix products, its version and the kernels that it chose; nil in files of before it was recorded.
  public var blas: String?
  /// The number of threads; changes the speed, never the results.
  public var threads: Int
  /// The seed of everything random.
  public var seed: UInt64
  /// The data that the model was built for.
  public var data: DataRecord
  /// The weights that the run began with, beside those that were drawn; nil: all were drawn.
  public var initialisedFrom: [InitialWeights]?
  /// The runs that objectives learn from; nil: none.
  public var teachers: [TeacherRecord]?

  /// What is true of this process.
  static func current(
    threads: Int, seed: UInt64, data: DataRecord
  ) -> RunEnvironment {
    RunEnvironment(
      fusionkit: FusionKit.version, swift: "\(_SwiftStdlibVersion.current)", system: system, cpu: cpu,
      kernels: instructionSet, blas: MatrixLibrary.name, threads: threads, seed: seed,
      data: data)
  }

  /// Reads `environment.json`.
  ///
  /// - Throws: ``RunFolderError/notARun(path:missing:)``.
  public static func read(from run: RunFolder) throws(RunFolderError) -> RunEnvironment {
    guard let bytes = try? RegularFile.bytes(of: run.environment),
      let environment = try? JSONDecoder().decode(Self.self, from: Data(bytes)), environment.data.isPlausible
    else { throw .notARun(path: run.path, missing: "a valid environment.json") }
    return environment
  }

  /// Why results may come out otherwise, to the bit, than where a run began; nil: they do not.
  ///
  /// Our own kernels give the same bits with AVX2 and with AVX-512, as tests show. What the matrix library does depends on
  /// the kernels that it chooses for the processor.
  func difference(from earlier: RunEnvironment) -> String? {
    var changes: [String] = []
    func compare(_ what: String, _ now: String?, _ before: String?) {
      if let now, let before, now != before { changes.append("\(what) are \(now), they were \(before)") }
    }
    let wide = ["avx2", "avx512"]
    if !wide.contains(kernels) || !wide.contains(earlier.kernels) { compare("the kernels", kernels, earlier.kernels) }
    compare("the matrix products", blas, earlier.blas)
    if fusionkit != earlier.fusionkit {
      changes.append("FusionKit is \(fusionkit), it was \(earlier.fusionkit)")
    }
    guard !changes.isEmpty else { return nil }
    return "the run began elsewhere (\(changes.joined(separator: "; "))): the last bits of its results may differ"
  }

  private static var instructionSet: String { (try? InstructionSet.chosen())?.rawValue ?? "none" }

  private static var system: String {
    var name = utsname()
    uname(&name)
    let kernel = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let distribution = value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=")?
      .trimmingCharacters(in: CharacterSet(charactersIn: "\""))
    return (distribution ?? ProcessInfo.processInfo.operatingSystemVersionString) + ", kernel " + kernel
  }

  private static var cpu: String { value(of: "model name", in: "/proc/cpuinfo", separator: ":") ?? "unknown" }

  private static func value(of key: String, in file: String, separator: Character) -> String? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
    return line?.split(separator: separator, maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
