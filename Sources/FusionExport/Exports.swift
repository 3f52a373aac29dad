// A model is exported from a run, by a trainer.
@_exported import FusionTraining
