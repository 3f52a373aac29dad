import CFusionKernels
import Foundation

/// The instruction sets that the kernels of ``ConvolutionStack`` are compiled for.
public enum InstructionSet: String, Sendable, CaseIterable {
  case avx512, avx2, neon, plain

  /// The environment variable that forces one.
  public static let variable = "FUSIONKIT_ISA"

  /// Those that this machine has, best first.
  public static var available: [InstructionSet] {
    allCases.filter { fk_instructions($0.rawValue, nil) == FK_OK }
  }

  /// What ``variable`` names, else the best that this machine has.
  public static func chosen() throws(InstructionSetError) -> InstructionSet {
    var name: UnsafePointer<CChar>?
    guard fk_instructions(nil, &name) == FK_OK, let name, let chosen = InstructionSet(rawValue: String(cString: name))
    else { throw InstructionSetError(requested: ProcessInfo.processInfo.environment[variable] ?? "") }
    return chosen
  }
}

/// The environment asks for an instruction set that is unknown, or that this machine lacks.
public struct InstructionSetError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the environment variable says.
  public let requested: String

  /// An error about this request.
  public init(requested: String) { self.requested = requested }

  /// What was asked for, why it cannot be, and what can.
  public var description: String {
    let isKnown = InstructionSet(rawValue: requested) != nil
    let reason = isKnown ? "this machine lacks it" : "no instruction set has this name"
    let names = InstructionSet.available.map { $0.rawValue }.joined(separator: ", ")
    return "\(InstructionSet.variable)=\(requested): \(reason); available here: \(names)"
  }
}
