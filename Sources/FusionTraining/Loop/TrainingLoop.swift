import FusionConfig
import FusionCore
import FusionData

/// Epochs of steps: the loop itself, without files other than the checkpoint.
///
/// Everything random is a function of the seed, the epoch and the step, so that a loop that goes on from a
/// ``TrainerState`` takes the same steps, to the bit, as one that was never interrupted.
final class TrainingLoop {
  /// What is trained and by what.
  let stage: Stage
  /// What a step computes.
  let work: any StageWork
  /// The parameters of the pipeline, then those that live in the stage alone.
  let store: ParameterStore
  let optimizer: ParameterGroups
  /// What is evaluated and saved in the place of the weights; nil: they themselves.
  let average: WeightAverage?
  let objective: TaskLoss
  let settings: TrainingSettings
  /// What the learning rate does over the steps.
  var course: LearningRateCourse
  /// Takes modalities from samples; nil: from none.
  let thinning: ModalityDropoutMask?
  /// Changes samples before the pipeline sees them; nil: they are trained on as they are.
  private let transforms: SampleTransforms?
  let samples: Int
  let device: Device
  let progress: any ProgressReporter
  /// Are told of steps; nil: none is.
  var callbacks: CallbackList?
  let stop: StopFlag
  /// The place in the run.
  var position = TrainerState()
  /// How many batches an epoch has.
  let batchesPerEpoch: Int
  /// The next epoch's batches, on their way since the last step of the epoch before: in a small data set the wait for
  /// the first batch would be a good part of the epoch.
  private var upcoming: (epoch: Int, loader: BatchLoader)?
  /// The gradients that objectives want apart, of the batches that the optimizer's step waits for.
  private var separate = SeparateGradients()

  /// A loop over the epochs of a stage, whose parameters alone are left trainable.
  init(_ bench: TrainingContext, _ stage: Stage, _ work: any StageWork, progress: any ProgressReporter, stop: StopFlag)
  {
    self.stage = stage
    self.work = work
    objective = bench.objective
    device = bench.device
    samples = work.train.count
    settings = stage.settings
    thinning =
      stage.objective == .task
      ? ModalityDropoutMask(settings.modalityDropout, modalities: bench.pipeline.modalities, seed: stage.seed) : nil
    transforms = bench.experiment.transforms.made(for: bench.pipeline.sampleShapes, seed: stage.seed)
    self.progress = progress
    self.stop = stop
    stage.freeze(bench.pipeline.store)
    store = ParameterStore(joining: [bench.pipeline.store, work.store])
    optimizer = ParameterGroups(settings, store.trainable)
    average = settings.average.map { [store] in WeightAverage($0, store) }
    let size = settings.batchSize
    let full = samples / size
    batchesPerEpoch = settings.dropLast || samples.isMultiple(of: size) ? full : full + 1
    course = LearningRateCourse(
      settings.schedule, stepsPerEpoch: (batchesPerEpoch + (settings.accumulate ?? 1) - 1) / (settings.accumulate ?? 1),
      epochs: settings.epochs,
      direction: settings.schedule.watchedMetric.map { bench.direction(ofColumn: $0.metric) } ?? .lowerIsBetter)
  }

  /// Batches whose gradients make one step of the optimizer.
  private var batchesPerStep: Int { settings.accumulate ?? 1 }
  /// The steps of the optimizer in an epoch.
  private var stepsPerEpoch: Int { (batchesPerEpoch + batchesPerStep - 1) / batchesPerStep }
  /// Whether gradients of batches wait for the optimizer's step: a run stops before the first or after the last of them.
  private var isWithinStep: Bool {
    position.tally.batches < batchesPerEpoch && !position.tally.batches.isMultiple(of: batchesPerStep)
  }

  private var samplesPerEpoch: Int { min(samples, batchesPerEpoch * settings.batchSize) }

  /// Whether a position that was read from a file can be one of this loop.
  func canResume(from position: TrainerState) -> Bool {
    let tally = position.tally
    let far = 1 << 53
    return 0..<far ~= position.epoch && 0..<far ~= position.step && 0..<far ~= position.plannedEpochs
      && 0..<far ~= position.trainedSamples && position.history.count == position.epoch
      && 0..<max(batchesPerEpoch, 1) ~= tally.batches && tally.batches.isMultiple(of: batchesPerStep)
      && tally.samples == tally.batches * settings.batchSize
      && 0...tally.samples ~= tally.correct
      && (position.stage ?? 0, position.finished?.count ?? 0) == (stage.index, stage.index)
  }

  /// The metrics of a part of the data: of the averaged weights, where there are some.
  func evaluate(_ split: DataSplit, title: String) throws -> MetricValues {
    guard let average else { return try work.evaluate(split, title: title) }
    return try average.inPlace { try work.evaluate(split, title: title) }
  }

  /// The rest of the epoch under way.
  ///
  /// - Returns: the result of the epoch; nil where the stop flag was raised, ``position`` then is the place to go on.
  /// - Throws: ``TrainingError/diverged(_:)``, `DataError`, `PipelineError`.
  func runEpoch() throws -> EpochRecord? {
    guard try work.prepare() else { return nil }
    let epoch = position.epoch
    let loader = takeLoader()
    // An epoch that goes on counts from where it goes on, so that the rate shown is that of now.
    let (samplesBefore, secondsBefore) = (position.tally.samples, position.tally.seconds)
    progress.report(
      .began(title: stage.prefix + "epoch \(epoch + 1)/\(settings.epochs)", samples: samplesPerEpoch - samplesBefore))
    defer { progress.report(.ended) }
    let clock = ContinuousClock()
    let start = clock.now
    while !stop.isSet || isWithinStep, let batch = try loader.next() {
      if position.tally.batches + 1 == batchesPerEpoch, epoch + 1 < settings.epochs {
        upcoming = (epoch + 1, self.loader(of: epoch + 1, startingAt: 0))
      }
      try step(batch)
      position.tally.seconds = secondsBefore + start.duration(to: clock.now).seconds
      let tally = position.tally
      progress.report(.advanced(samples: tally.samples - samplesBefore, loss: tally.loss / Double(tally.samples)))
    }
    guard position.tally.batches == batchesPerEpoch else { return nil }
    if let (name, value) = store.firstNotFinite { throw diverged("the parameter '\(name)'", value) }
    return closeEpoch()
  }

  /// Tells the objectives of the end of an epoch that ``runEpoch()`` gave. Their losses on the validation part are those of the
  /// weights that are trained, not of their average.
  func endEpoch(_ record: EpochRecord) throws {
    try work.endEpoch(
      StepPlace(epoch: record.epoch - 1, epochs: settings.epochs, step: position.step, stage: stage.name),
      training: record.train)
  }

  private func loader(of epoch: Int, startingAt batch: Int) -> BatchLoader {
    let order = settings.shuffle ? RandomStream(seed: stage.seed).derived("order").derived(epoch) : nil
    return BatchLoader(
      work.train, conversions: work.conversions, targets: objective.targetConversion, batchSize: settings.batchSize,
      shuffledBy: order, dropsLast: settings.dropLast, startingAt: batch, transforms: transforms?.at(epoch: epoch))
  }

  /// The loader of the epoch at ``position``, from there on.
  private func takeLoader() -> BatchLoader {
    defer { upcoming = nil }
    if let upcoming, upcoming.epoch == position.epoch, position.tally.batches == 0 { return upcoming.loader }
    return loader(of: position.epoch, startingAt: position.tally.batches)
  }

  /// The gradients of a batch, and a step of the optimizer where it is the last that the step waits for.
  private func step(_ batch: Batch) throws {
    let (place, number) = (position.tally.batches % batchesPerStep, position.tally.batches / batchesPerStep)
    let update = position.epoch * stepsPerEpoch + number
    optimizer.prepare(course, at: update)
    let pass = ForwardPass.training(device: device, seed: stage.seed, step: position.step)
    pass.frozenParts = Set(stage.frozen.map(\.name))
    let presence = thinning.map { $0.thinned(batch.presence, count: batch.count, step: position.step) }
    let stepPlace = StepPlace(epoch: position.epoch, epochs: settings.epochs, step: position.step)
    let result = try work.step(batch, presence: presence ?? batch.presence, pass, at: stepPlace)
    let isLast = place + 1 == batchesPerStep || position.tally.batches + 1 == batchesPerEpoch
    var told: Double?
    if result.loss == nil, place == 0, batchesPerStep > 1 {
      store.clearGradients()
      separate = SeparateGradients()
    }
    if let loss = result.loss {
      guard loss.item.isFinite else {
        // Of several losses, the one that is to blame.
        let term = result.values.first { !$0.value.isFinite }
        throw diverged(term.map { "the loss '\($0.name)'" } ?? "the loss", loss.item)
      }
      // Only now: where the loss is lost, the gradients of the step before tell why.
      if place == 0 {
        store.clearGradients()
        separate = SeparateGradients()
      }
      // The mean over the samples of all batches that the step waits for.
      let size = batchesPerStep * min(settings.batchSize, samplesPerEpoch)
      let samples = min(size, samplesPerEpoch - number * size)
      let share = batchesPerStep == 1 ? nil : Float(batch.count) / Float(samples)
      separate.add(result.separate, times: share, store, pass.tape!)
      pass.tape!.backward(from: share.map { loss * $0 } ?? loss)
      told = result.told ?? Double(loss.item)
      position.tally.loss += (told ?? 0) * Double(batch.count)
    }
    if isLast, result.loss != nil || batchesPerStep > 1 {
      // Gradients are adjusted once a step, when all of its batches are in them.
      for (name, value, count) in try result.adjust?(separate) ?? [] { position.tally.add(value, of: count, to: name) }
      if let limit = settings.gradientClip { store.trainable.clipGradients(norm: limit) }
      optimizer.step()
      average?.update(epoch: position.epoch)
    }
    position.step += 1
    position.tally.batches += 1
    position.tally.samples += batch.count
    for (name, value, count) in result.values { position.tally.add(value, of: count, to: name) }
    callbacks?.stepEnded(position, stage, loss: told, result.values, optimizer)
    if let output = result.output, !batch.classes.isEmpty {
      let found = argmaxOfRows(output.storage.values, width: output.count / batch.count)
      position.tally.correct += zip(found, batch.classes).count { $0 == $1 }
    }
  }

  private func closeEpoch() -> EpochRecord {
    let tally = position.tally
    var train = ["loss": tally.loss / Double(tally.samples)]
    if stage.objective == .task, case .crossEntropy = objective.loss {
      train["accuracy"] = Double(tally.correct) / Double(tally.samples)
    }
    for (name, mean) in tally.means { train[name] = mean }
    position.epoch += 1
    position.trainedSamples += tally.samples
    position.trainedSeconds += tally.seconds
    position.tally = RunningMetrics()
    return EpochRecord(
      epoch: position.epoch, step: position.step, learningRate: optimizer.learningRate, train: train, validation: [:],
      seconds: tally.seconds, samplesPerSecond: tally.seconds > 0 ? Double(tally.samples) / tally.seconds : 0,
      stage: stage.name, objectives: stage.objectives?.filter(\.traits.hasLoss).map(\.name))
  }

  private func diverged(_ what: String, _ value: Float) -> TrainingError {
    .diverged(
      .init(
        what: what, value: value, epoch: position.epoch + 1, step: position.step + 1,
        learningRate: optimizer.learningRate,
        largestGradient: store.largestGradient))
  }
}

extension Duration {
  /// As a floating-point number of seconds.
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
