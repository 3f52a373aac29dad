// Experiments are made of runs: the trainer, run folders and records come with this module.
@_exported import FusionTraining
