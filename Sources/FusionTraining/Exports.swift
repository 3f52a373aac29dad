// Evaluations and summaries are made of metrics and their reports.
@_exported import FusionMetrics
