import CFusionKernels
import Foundation
import NeuralLayers
import Testing

/// Functions of many numbers against the C library's in double precision, for every instruction set of this machine.
@Suite struct RowFunctionTests {
  struct Function: Sendable, CustomStringConvertible {
    let description: String
    let code: fk_function
    /// The largest error in units of the last place.
    let bound: Double
    let value: @Sendable (Double) -> Double
    let slope: @Sendable (Double) -> Double
  }

  static let functions = [
    Function(description: "exp", code: FK_EXP, bound: 2, value: { exp($0) }, slope: { exp($0) }),
    Function(
      description: "sigmoid", code: FK_SIGMOID_OF, bound: 4, value: sigmoid, slope: { sigmoid($0) * sigmoid(-$0) }),
    Function(
      description: "tanh", code: FK_TANH_OF, bound: 4, value: { tanh($0) }, slope: { 1 - tanh($0) * tanh($0) }),
    Function(
      description: "erf", code: FK_ERF, bound: 2, value: { erf($0) },
      slope: { 2 / Double.pi.squareRoot() * exp(-$0 * $0) }),
    Function(
      description: "gelu", code: FK_GELU, bound: 8, value: { $0 * normal($0) },
      slope: { normal($0) + $0 * exp(-$0 * $0 / 2) / (2 * Double.pi).squareRoot() }),
    Function(
      description: "geluTanh", code: FK_GELU_TANH, bound: 160, value: { $0 * sigmoid(inner($0)) },
      slope: {
        let (s, rest) = (sigmoid(inner($0)), sigmoid(-inner($0)))
        return s + $0 * s * rest * (8 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * $0 * $0)
      }),
    Function(
      description: "silu", code: FK_SILU, bound: 4, value: { $0 * sigmoid($0) },
      slope: { sigmoid($0) * (1 + $0 * sigmoid(-$0)) }),
  ]

  private static func sigmoid(_ x: Double) -> Double { x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)) }
  private static func normal(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
  private static func inner(_ x: Double) -> Double { (8 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x) }

  /// Every 4,099th float, infinities and numbers that are none included.
  static let arguments: [Float] = stride(from: 0, to: Int(UInt32.max), by: 4099).map { Float(bitPattern: UInt32($0)) }

  @Test(arguments: functions, InstructionSet.available)
  func errorIsAFewUnitsOfTheLastPlace(_ function: Function, _ instructions: InstructionSet) throws {
    let rows = try rowTable(instructions)
    let x = Self.arguments.filter { !$0.isNaN && $0.isFinite }
    let y = [Float](unsafeUninitializedCapacity: x.count) { buffer, count in
      rows.apply(function.code, x, x.count, buffer.baseAddress)
      count = x.count
    }
    var worst = (error: 0.0, at: Float(0))
    for (argument, result) in zip(x, y) {
      let expected = function.value(Double(argument))
      guard abs(expected) <= Double(Float.greatestFiniteMagnitude) else {
        #expect(result == (expected > 0 ? .infinity : -.infinity), "\(function) of \(argument)")
        continue
      }
      if abs(expected) < 1e-36 {
        #expect(abs(result) < 1.1e-36, "\(function) of \(argument)")
        continue
      }
      let error = abs(Double(result) - expected) / Double(Float(expected).ulp)
      if error > worst.error { worst = (error, argument) }
      if error.isNaN { Issue.record("\(function) of \(argument) is \(result)") }
    }
    #expect(worst.error <= function.bound, "\(function) of \(worst.at)")
  }

  @Test(arguments: functions, InstructionSet.available)
  func derivativeIsRight(_ function: Function, _ instructions: InstructionSet) throws {
    let rows = try rowTable(instructions)
    let x = Self.arguments.filter { abs($0) < 80 }
    var (y, dx) = ([Float](repeating: 0, count: x.count), [Float](repeating: 1, count: x.count))
    rows.apply(function.code, x, x.count, &y)
    rows.differentiate(function.code, x, y, [Float](repeating: 1, count: x.count), x.count, &dx)
    let errors = zip(x, dx).map { argument, slope in
      let expected = function.slope(Double(argument))
      return abs(Double(slope) - expected) / max(1, abs(expected))
    }
    let worst = try #require(errors.indices.max { errors[$0] < errors[$1] })
    #expect(errors[worst] < 8 * 6e-8, "at \(x[worst])")
  }

  @Test(arguments: functions, InstructionSet.available)
  func edgesAreThoseOfPyTorch(_ function: Function, _ instructions: InstructionSet) throws {
    let rows = try rowTable(instructions)
    let x: [Float] = [.nan, .infinity, -.infinity, 0]
    var y = [Float](repeating: 0, count: x.count)
    rows.apply(function.code, x, x.count, &y)
    #expect(y[0].isNaN)
    #expect(Double(y[1]) == function.value(.infinity))
    // -∞ · 0, as PyTorch computes it.
    let gates: [fk_function] = [FK_GELU, FK_GELU_TANH, FK_SILU]
    if gates.contains(function.code) {
      #expect(y[2].isNaN)
    } else {
      #expect(Double(y[2]) == function.value(-.infinity))
    }
    #expect(Double(y[3]) == function.value(0))
  }

  @Test(arguments: functions, InstructionSet.available)
  func placeInTheArrayChangesNothing(_ function: Function, _ instructions: InstructionSet) throws {
    let rows = try rowTable(instructions)
    let x = (0..<41).map { Float($0) * 0.37 - 7 }
    var all = x
    rows.apply(function.code, x, x.count, &all)
    for first in x.indices {
      for count in 1...min(9, x.count - first) {
        var (y, dx) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
        let part = Array(x[first..<first + count])
        rows.apply(function.code, part, count, &y)
        #expect(y == Array(all[first..<first + count]))
        rows.differentiate(function.code, part, y, part, count, &dx)
        var one: Float = 0
        rows.differentiate(function.code, [part[count - 1]], [y[count - 1]], [part[count - 1]], 1, &one)
        #expect(dx[count - 1] == one)
      }
    }
  }
}
