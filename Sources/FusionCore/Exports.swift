// A plugin imports FusionCore alone: tensors and layers come with it.
@_exported import NeuralLayers
@_exported import TensorEngine
