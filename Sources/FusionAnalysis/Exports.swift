// What is analysed are experiments: their runs, folders, records and metrics come with this module.
@_exported import FusionExperiments
