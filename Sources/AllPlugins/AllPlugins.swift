// `Registry.allPlugins()` is generated at build time: see BuildTools/RegisterPlugins.
@_exported import FusionCore
