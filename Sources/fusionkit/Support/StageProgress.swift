import FusionData
import FusionTraining

/// Shows the stages of a build on standard error: a bar on a terminal, a line for each stage elsewhere.
@discardableResult
func withStageProgress<Result>(_ build: (@escaping BuildProgress) throws(DataError) -> Result) throws(DataError)
  -> Result
{
  let reporter = TerminalProgress.automatic()
  var current: String?
  defer { reporter.report(.ended) }
  return try build { stage, done, total in
    if stage != current {
      if current != nil { reporter.report(.ended) }
      current = stage
      reporter.report(.note(stage))
      reporter.report(.began(title: stage, samples: total))
    }
    reporter.report(.advanced(samples: done, loss: nil))
  }
}
