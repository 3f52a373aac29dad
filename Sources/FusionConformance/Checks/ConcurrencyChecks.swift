import Foundation
import FusionCore

extension Check {
  static let concurrency = [
    Check(
      "CON-1", "two instances side by side share nothing",
      protects: "static caches and scratch memory, which mix up models that are trained in one process",
      level: .configuration
    ) { specimen, findings in
      let seeds = [findings.seed, findings.seed &+ 1]
      let alone = seeds.map { Script(specimen, seed: $0).run() }
      // In turns first: what is shared then shows each time, not only when threads happen to meet.
      let scripts = seeds.map { Script(specimen, seed: $0) }
      for _ in 0..<Script.steps { for script in scripts { script.step() } }
      for (index, script) in scripts.enumerated() {
        findings.expectSameBits(
          script.results, alone[index], "instance \(index + 1) of two that take turns, beside the same alone",
          hint: "static state, or a cache that two instances share")
      }
      let results = Results(count: seeds.count)
      DispatchQueue.concurrentPerform(iterations: seeds.count) { index in
        results[index] = Script(specimen, seed: seeds[index]).run()
      }
      for index in seeds.indices {
        findings.expectSameBits(
          results[index], alone[index], "instance \(index + 1) of two on threads of their own, beside the same alone",
          hint: "static state that two threads change at once")
      }
    },
    Check(
      "THR-1", "one thread and many give the same bits",
      protects: "results that depend on the machine", level: .configuration
    ) { specimen, findings in
      let one = Script(specimen, seed: findings.seed, device: Device(threads: 1)).run()
      for threads in [2, 3] {
        findings.expectSameBits(
          Script(specimen, seed: findings.seed, device: Device(threads: threads)).run(), one,
          "outputs and gradients on \(threads) threads, beside those on one",
          hint: "cut work by its size, never by the number of threads")
      }
    },
  ]
}

/// Some passes of one instance, with all that they give.
private final class Script {
  static let steps = 2
  private let trial: BuiltComponent
  private var done = 0
  private(set) var results: [Float] = []

  init(_ specimen: Specimen, seed: UInt64, device: Device = Device()) {
    trial = BuiltComponent(specimen, seed: seed, device: device)
  }

  /// One evaluation and one training pass.
  func step() {
    let inputs = trial.inputs(batch: 4, draw: done)
    if !trial.specimen.isStochastic { results += trial.evaluate(inputs).scalars }
    let gradients = trial.backward(inputs, step: done)
    results += gradients.output.scalars + gradients.inputs.flatMap { $0?.scalars ?? [] }
    results += trial.store.parameters.flatMap { $0.gradient?.scalars ?? [] }
    done += 1
  }

  /// All steps.
  func run() -> [Float] {
    while done < Self.steps { step() }
    return results
  }
}

/// One result a thread.
private final class Results: @unchecked Sendable {
  // Each thread writes once, under the lock; they are read when all threads are done.
  private let lock = NSLock()
  private var values: [[Float]]

  init(count: Int) { values = Array(repeating: [], count: count) }

  subscript(index: Int) -> [Float] {
    get { lock.withLock { values[index] } }
    set { lock.withLock { values[index] = newValue } }
  }
}
