import FusionConfig
import FusionCore
import FusionData
import Foundation

/// What a step needs at least, by what it is for, in bytes. Estimated before a run begins: what layers keep is measured with
/// one sample.
struct MemoryNeed {
  /// Batches that wait, are filled and are worked on.
  let samples: Double
  /// Parameters, gradients, the optimizer's state and the best model so far; averaged weights and teachers where there are
  /// some, gradients that are kept apart.
  let model: Double
  /// What the layers compute, in further passes of objectives and in teachers too.
  let layers: Double
  var total: Double { samples + model + layers }

  /// The need of the largest step of a bench.
  init(_ bench: TrainingContext) {
    let stages = bench.experiment.stages
    let training = stages.map { min($0.settings.batchSize, bench.train.count) }.max() ?? 1
    let evaluated = [bench.data.validation, bench.data.test].compactMap { $0?.count }.max() ?? 0
    let evaluation = stages.map { min($0.evaluationBatchSize, evaluated) }.max() ?? 0
    let inputs = bench.pipeline.inputs.map(\.sampleShape)
    let sample = inputs.reduce(0.0) { (sum: Double, shape: Shape) in sum + 4 * Double(shape.elementCount) }
    // One that is worked on and the loader's queue of three, once it is full.
    samples = Double(max(training, evaluation)) * sample * 4
    let values: Int = bench.pipeline.store.parameters.reduce(0) { $0 + $1.value.count }
    let copies = 4 + (stages.contains { $0.settings.average != nil } ? 1 : 0)
    let taught: Int = bench.teachers.values.reduce(0) { $0 + $1.store.parameters.reduce(0) { $0 + $1.value.count } }
    // Gradients of losses that are kept apart, beside their sum.
    let names = bench.pipeline.modalities
    let separate = stages.map { stage in
      (stage.objectives ?? []).reduce(0) { $0 + $1.separateLosses(modalities: names).count }
    }
    model = Double(values * (copies + (separate.max() ?? 0)) + taught) * 4
    let before = Storage.bytesTakenOnThisThread
    // Evaluation keeps nothing and changes nothing; training takes more.
    let raw = inputs.map { Tensor.zeros([1] + $0, device: bench.device) }
    let features = Double(Storage.bytesTakenOnThisThread - before)
    _ = try? bench.pipeline(raw, presence: nil, .evaluation(device: bench.device))
    let pass = Double(Storage.bytesTakenOnThisThread - before) - features
    // Further passes and teachers come one after the other; what one of them keeps is free again before the next.
    let modalities = inputs.count
    let hasFurther = stages.contains { stage in
      stage.objectives?.contains { $0.furtherPasses(modalities: modalities) > 0 } == true
    }
    let others = bench.teachers.values.map { $0.bytesOfOneSample } + (hasFurther ? [Self.furtherPass(bench, raw)] : [])
    layers = (max(0, pass) + (others.max() ?? 0)) * Double(training)
  }

  /// What fusion and decoder keep of one sample that is passed through them once more.
  private static func furtherPass(_ bench: TrainingContext, _ raw: [Tensor]) -> Double {
    let evaluation = ForwardPass.evaluation(device: bench.device)
    guard let features = try? bench.pipeline.encode(raw, presence: nil, evaluation) else { return 0 }
    let before = Storage.bytesTakenOnThisThread
    _ = try? bench.pipeline.decode(features, evaluation)
    return Double(Storage.bytesTakenOnThisThread - before)
  }

  /// What the process can have at most: the machine's memory, or less where the system limits it.
  static var available: Double {
    var available = Double(ProcessInfo.processInfo.physicalMemory)
    for file in ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
      let text = (try? String(contentsOfFile: file, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
      if let limit = text.flatMap(Double.init), limit > 0 { available = min(available, limit) }
    }
    var limit = rlimit()
    #if os(Linux)
      let isLimited = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0
    #else
      let isLimited = getrlimit(RLIMIT_AS, &limit) == 0
    #endif
    guard isLimited, limit.rlim_cur < rlim_t(Int64.max) else { return available }
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").first
    let taken = pages.flatMap { Double($0) } ?? 0
    return min(available, Double(limit.rlim_cur) - taken * Double(sysconf(Int32(_SC_PAGESIZE))))
  }

  /// - Throws: ``MemoryShortage`` where a step cannot fit.
  static func check(_ bench: TrainingContext) throws(MemoryShortage) {
    let (need, available) = (MemoryNeed(bench), available)
    guard need.total > available else { return }
    let batch = bench.experiment.stages.map { min($0.settings.batchSize, bench.train.count) }.max() ?? 1
    throw MemoryShortage(
      batch: batch, samples: need.samples, model: need.model, layers: need.layers, available: max(0, available))
  }
}

/// A step of training that needs more memory than there is.
public struct MemoryShortage: UserError, Equatable {
  /// Samples in a step.
  public let batch: Int
  /// What is needed at least for samples, model and layers, and what there is: bytes.
  public let samples, model, layers, available: Double

  /// 1: another machine might do.
  public var exitStatus: Int32 { 1 }

  /// What is needed, what for, and what to do.
  public var description: String {
    func megabytes(_ bytes: Double) -> String { String(format: "%.0f MB", (bytes / 1e6).rounded(.up)) }
    return "a step of \(batch) samples needs \(megabytes(samples + model + layers)) of memory or more: "
      + "\(megabytes(samples)) for samples that wait, \(megabytes(model)) for the model and its optimizer, "
      + "\(megabytes(layers)) for what the layers compute; this process can have \(megabytes(available))\n"
      + "  choose a smaller training.batch_size (and training.evaluate_batch_size), or a smaller model"
  }
}
