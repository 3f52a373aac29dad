// What is analysed are runs: their folders, records and metrics come with this room.
@_exported import FusionTraining
