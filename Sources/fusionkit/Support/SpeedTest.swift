import Foundation
import FusionCore

/// Times training and inference of a pipeline on random data: no files, no loader, the same work as the peer's script
/// in PyTorch, step for step.
struct SpeedTest {
  /// Samples per second of each round, in the keys of the peer's script.
  struct Report: Encodable {
    let engine: String
    let fusion: String
    let batch: Int
    let threads: Int
    let trainRounds: [Double]
    let inferRounds: [Double]
    /// Where a step's time goes, where that was asked for.
    let layers: LayerTimes?

    /// For people.
    var text: String {
      var table = TextTable(["", "samples/s", "rounds"], numeric: [1])
      for (name, rates) in [("training", trainRounds), ("inference", inferRounds)] {
        table.add(name, "\(median(rates))", rates.map { "\($0)" }.joined(separator: " "))
      }
      let rates = "\(engine): \(fusion), batch \(batch), threads \(threads)\n\n\(table.text)"
      return layers.map { rates + "\n\n" + $0.text } ?? rates
    }

    enum CodingKeys: String, CodingKey {
      case engine, fusion, batch, threads
      case trainSamplesPerSecond = "train_samples_per_s"
      case inferSamplesPerSecond = "infer_samples_per_s"
      case trainRounds = "train_rounds"
      case inferRounds = "infer_rounds"
      case layers
    }

    func encode(to encoder: any Swift.Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(engine, forKey: .engine)
      try container.encode(fusion, forKey: .fusion)
      try container.encode(batch, forKey: .batch)
      try container.encode(threads, forKey: .threads)
      try container.encode(median(trainRounds), forKey: .trainSamplesPerSecond)
      try container.encode(median(inferRounds), forKey: .inferSamplesPerSecond)
      try container.encode(trainRounds, forKey: .trainRounds)
      try container.encode(inferRounds, forKey: .inferRounds)
      try container.encodeIfPresent(layers, forKey: .layers)
    }
  }

  let pipeline: Pipeline
  let optimizer: any Optimizer
  let device: Device
  let batch: Int
  let samples: Int
  let rounds: Int
  /// Whether a last round finds out where the time of a step goes.
  let measuresLayers: Bool

  /// A warm-up round each, not counted, then the rounds.
  ///
  /// - Throws: `PipelineError` where a component produces another shape than it inferred, `InstructionSetError`.
  func run() throws -> Report {
    let peaks = measuresLayers ? self.peaks() : []
    let random = RandomStream(seed: 0).derived("speed test")
    let batches = (0..<samples / batch).map { number in randomBatch(random.derived(number)) }
    _ = try training(batches)
    var trainRounds: [Double] = []
    for _ in 0..<rounds { trainRounds.append(try training(batches)) }
    _ = try inference(batches)
    var inferRounds: [Double] = []
    for _ in 0..<rounds { inferRounds.append(try inference(batches)) }
    let layers = measuresLayers ? try layerTimes(batches, peaks: peaks) : nil
    return Report(
      engine: "fusionkit " + FusionKit.version, fusion: pipeline.specification.fusion.type.name, batch: batch,
      threads: device.threads, trainRounds: trainRounds, inferRounds: inferRounds,
      layers: layers)
  }

  private func peaks() -> [Double] { (0..<5).map { _ in MachinePeak.measured(on: device) } }

  /// One more round of training, measured from inside.
  private func layerTimes(_ batches: [Batch], peaks before: [Double]) throws -> LayerTimes {
    let stopwatch = Stopwatch()
    let rate = try training(batches, stopwatch)
    let after = peaks()
    return LayerTimes(
      stopwatch, stacks: pipeline.modalities.map { "encoders.\($0)" }, steps: batches.count,
      seconds: Double(batches.count * batch) / rate, threads: device.threads,
      peak: LayerTimes.Peak(
        instructions: try InstructionSet.chosen().rawValue, gflops: median(before + after), before: before, after: after
      ))
  }

  private struct Batch {
    let inputs: [Tensor]
    let classes: [Int]
  }

  private func randomBatch(_ random: RandomStream) -> Batch {
    let inputs = zip(pipeline.modalities, pipeline.inputs).map { name, array in
      Initializer.normal().tensor(shape: [batch] + array.sampleShape, random: random.derived(name), device: device)
    }
    let classes = pipeline.output.elementCount
    return Batch(inputs: inputs, classes: (0..<batch).map { Int(random.block(UInt64($0))[0]) % classes })
  }

  private func training(_ batches: [Batch], _ stopwatch: Stopwatch? = nil) throws(PipelineError) -> Double {
    let start = ContinuousClock.now
    for (step, batch) in batches.enumerated() {
      pipeline.store.clearGradients()
      let pass = ForwardPass.training(device: device, seed: 0, step: step)
      pass.stopwatch = stopwatch
      let output = try pipeline(batch.inputs, pass)
      let loss = pass.measured("loss") { output.crossEntropy(batch.classes) }
      let goBack = { pass.tape!.backward(from: loss) }
      guard let stopwatch else {
        goBack()
        optimizer.step()
        continue
      }
      stopwatch.backward(goBack)
      stopwatch.forward("optimizer") { optimizer.step() }
    }
    return rate(since: start, batches: batches.count)
  }

  private func inference(_ batches: [Batch]) throws(PipelineError) -> Double {
    let start = ContinuousClock.now
    for batch in batches { _ = try pipeline(batch.inputs, .evaluation(device: device)) }
    return rate(since: start, batches: batches.count)
  }

  /// Samples per second, to one decimal place.
  private func rate(since start: ContinuousClock.Instant, batches: Int) -> Double {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    return (Double(batches * batch) / seconds * 10).rounded() / 10
  }
}

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
