import Foundation
import FusionCore

/// Where the time of a training step goes: by component, and within convolution stacks by layer; beside the FMA peak of
/// the machine, measured in the same run.
struct LayerTimes: Encodable {
  /// Multiply-adds in registers, on as many threads as the steps had: GFLOP/s.
  struct Peak: Encodable {
    let instructions: String
    /// The median of `before` and `after`.
    let gflops: Double
    let before: [Double]
    let after: [Double]
  }

  /// Milliseconds of one step on the calling thread.
  struct Component: Encodable {
    let name: String
    let forward: Double
    let backward: Double

    enum CodingKeys: String, CodingKey {
      case name
      case forward = "forward_ms"
      case backward = "backward_ms"
    }
  }

  /// Milliseconds of one step, summed over threads; rates and shares are those of all threads together.
  struct Convolution: Encodable {
    let name: String
    let forward, finish, inputGradient, weightGradient, rest: Double
    /// GFLOP/s; nil where the gradient is not computed.
    let forwardRate, inputGradientRate, weightGradientRate: Double?
    /// The three convolutions together as a share of the peak.
    let shareOfPeak: Double

    enum CodingKeys: String, CodingKey {
      case name
      case forward = "forward_ms"
      case finish = "finish_ms"
      case inputGradient = "input_gradient_ms"
      case weightGradient = "weight_gradient_ms"
      case rest = "rest_ms"
      case forwardRate = "forward_gflops"
      case inputGradientRate = "input_gradient_gflops"
      case weightGradientRate = "weight_gradient_gflops"
      case shareOfPeak = "share_of_peak"
    }
  }

  let peak: Peak
  /// Milliseconds of one whole step.
  let step: Double
  let components: [Component]
  /// Layer by layer, behind each stack a line with its name for all of it.
  let convolutions: [Convolution]

  enum CodingKeys: String, CodingKey {
    case peak, components, convolutions
    case step = "step_ms"
  }

  /// - Parameters:
  ///   - steps: the number of steps measured, which took `seconds` together.
  init(_ stopwatch: Stopwatch, stacks: [String], steps: Int, seconds: Double, threads: Int, peak: Peak) {
    let perStep = 1000 / Double(steps)
    self.peak = peak
    step = seconds * perStep
    components = stopwatch.names.map {
      Component(name: $0, forward: stopwatch[$0].forward * perStep, backward: stopwatch[$0].backward * perStep)
    }
    let row = { (name: String, blocks: [Stopwatch.BlockTime]) in
      func sum(_ value: (Stopwatch.BlockTime) -> Double) -> Double { blocks.reduce(0) { $0 + value($1) } }
      /// Operations, and the seconds of all threads that they took.
      func work(_ time: (Stopwatch.BlockTime) -> Double) -> (operations: Double, seconds: Double) {
        (sum { time($0) > 0 ? $0.operations : 0 }, sum(time) / Double(threads))
      }
      func rate(_ work: (operations: Double, seconds: Double)) -> Double? {
        work.seconds > 0 ? work.operations / work.seconds * 1e-9 : nil
      }
      let works = [work { $0.forward }, work { $0.inputGradient }, work { $0.weightGradient }]
      let all = works.reduce((0, 0)) { ($0.0 + $1.operations, $0.1 + $1.seconds) }
      return Convolution(
        name: name, forward: sum { $0.forward } * perStep, finish: sum { $0.finish } * perStep,
        inputGradient: sum { $0.inputGradient } * perStep, weightGradient: sum { $0.weightGradient } * perStep,
        rest: sum { $0.rest } * perStep, forwardRate: rate(works[0]), inputGradientRate: rate(works[1]),
        weightGradientRate: rate(works[2]), shareOfPeak: peak.gflops > 0 ? (rate(all) ?? 0) / peak.gflops : 0)
    }
    convolutions = stacks.flatMap { path -> [Convolution] in
      guard let blocks = stopwatch.blocks(of: path) else { return [] }
      return blocks.enumerated().map { row("\(path).convs.\($0)", [$1]) } + [row(path, blocks)]
    }
  }

  /// For people.
  var text: String {
    func number(_ value: Double) -> String { String(format: "%.2f", value) }
    func rate(_ value: Double?) -> String { value.map { String(format: "%.0f", $0) } ?? "" }
    var table = TextTable(["component", "forward ms", "backward ms", "share"], numeric: [1, 2, 3])
    var known = 0.0
    for part in components {
      known += part.forward + part.backward
      table.add(
        part.name, number(part.forward), part.backward > 0 ? number(part.backward) : "",
        share((part.forward + part.backward) / step))
    }
    table.add("between them", number(step - known), "", share((step - known) / step))
    var text = "One training step: \(number(step)) ms\n\n\(table.text)\n"
    if !convolutions.isEmpty {
      var layers = TextTable(
        [
          "convolutions", "forward", "finish", "input grad", "weight grad", "rest", "GFLOP/s: forward", "input",
          "weight",
          "of peak",
        ], numeric: Set(1...9))
      for layer in convolutions {
        layers.add(
          layer.name, number(layer.forward), number(layer.finish), number(layer.inputGradient),
          number(layer.weightGradient), number(layer.rest), rate(layer.forwardRate), rate(layer.inputGradientRate),
          rate(layer.weightGradientRate), share(layer.shareOfPeak))
      }
      text += """

        \(layers.text)

        Milliseconds of a step, summed over threads. Operations are those of direct convolutions, taps outside the image
        left out.

        """
    }
    return text
      + "FMA peak (\(peak.instructions)): \(rate(peak.gflops)) GFLOP/s, before \(peak.before.map(rate).joined(separator: " ")),"
      + " after \(peak.after.map(rate).joined(separator: " "))"
  }
}

private func share(_ value: Double) -> String { String(format: "%.1f%%", value * 100) }
