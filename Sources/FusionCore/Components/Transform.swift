/// One sample's values, as they are about to enter the pipeline: read, scaled and standardised.
public struct TransformSample: Sendable {
  /// The values of one modality.
  public struct Values: Sendable {
    /// The modality's name in the configuration.
    public let modality: String
    /// Their shape: `[28, 28]`, `[frames, features]`.
    public let shape: Shape
    /// The values, row-major, to be changed: as many as they were, all finite.
    public var values: [Float]

    /// Values of a shape.
    public init(_ modality: String, _ shape: Shape, _ values: [Float]) {
      self.modality = modality
      self.shape = shape
      self.values = values
    }
  }

  /// The modalities that the transform is for and that the sample has, in the order of the configuration.
  public var modalities: [Values]

  /// A sample.
  public init(_ modalities: [Values]) { self.modalities = modalities }
}

/// A change of samples: augmentation in training, corruption with a strength in evaluation.
///
/// `modalities.<name>.transforms` gives it that modality's values, `data.transforms` those of all modalities at once. It sees
/// one sample at a time and draws from a stream that follows from the run's seed, its place in the configuration, the sample's row
/// and the epoch. So what it does to a sample cannot depend on threads, on the batch or on the sample's place in it, and a
/// resumed run sees the same samples, to the bit.
///
/// ```swift
/// public struct GaussianNoise: Transform {
///   public static let name = "my_noise"
///   public static let summary = "adds normal noise"
///   public struct Configuration: ComponentConfiguration { … var std = 0.1 … }
///   public static func isStochastic(_: Configuration) -> Bool { true }
///   private let std: Float
///   public init(_ configuration: Configuration, inputs: [ModalityShape]) { std = Float(configuration.std) }
///   public func callAsFunction(_ sample: inout TransformSample, random: RandomStream) {
///     for i in sample.modalities.indices {
///       let noise = random.derived(i).normals(sample.modalities[i].values.count)
///       for (k, value) in noise.enumerated() { sample.modalities[i].values[k] += std * value }
///     }
///   }
/// }
/// ```
public protocol Transform: Component, Sendable {
  /// The option that says how strong it is: 0 leaves samples as they are. `fusionkit evaluate RUN --corrupt audio=NAME:0.5` sets
  /// it. nil, the default: there is none.
  static var strengthKey: String? { get }

  /// What does not suit the modalities that it is for, each problem at the option that is to blame, or at none.
  ///
  /// - Parameter inputs: the shape of one sample of each modality: one of them, or all.
  static func problems(_ configuration: Configuration, inputs: [ModalityShape]) -> [Problem]

  /// A transform for modalities of these shapes, which ``problems(_:inputs:)`` has found nothing wrong with.
  init(_ configuration: Configuration, inputs: [ModalityShape])

  /// Changes a sample, which may lack some of the modalities.
  ///
  /// - Parameter random: all random numbers come from this stream, and from those derived from it.
  func callAsFunction(_ sample: inout TransformSample, random: RandomStream)
}

extension Transform {
  /// A transform.
  public static var kind: ComponentKind { .transform }
  /// None.
  public static var strengthKey: String? { nil }
  /// Everything suits.
  public static func problems(_ configuration: Configuration, inputs: [ModalityShape]) -> [Problem] { [] }
}

extension RandomStream {
  /// `count` normal numbers with mean 0 and standard deviation 1.
  public func normals(_ count: Int) -> [Float] { normal([count], device: Device()).scalars }

  /// A whole number in a range, the one at `position` of the stream.
  public func integer(in range: ClosedRange<Int>, at position: Int = 0) -> Int {
    range.lowerBound + integer(below: range.count, at: position)
  }
}

/// A transform and its configuration.
public struct ConfiguredTransform: Sendable {
  /// The component's type.
  public let type: any Transform.Type
  /// Its configuration, a `type.Configuration`.
  public let configuration: any ComponentConfiguration
  /// Whether two epochs may see a sample differently.
  public let isStochastic: Bool
  /// What does not suit modalities of these shapes; see ``Transform/problems(_:inputs:)``.
  public let problems: @Sendable ([ModalityShape]) -> [Problem]
  /// A transform for modalities of these shapes.
  public let make: @Sendable ([ModalityShape]) -> any Transform

  /// Pairs a type with a configuration.
  public init<T: Transform>(_ type: T.Type, _ configuration: T.Configuration) {
    self.type = type
    self.configuration = configuration
    isStochastic = T.isStochastic(configuration)
    problems = { T.problems(configuration, inputs: $0) }
    make = { T(configuration, inputs: $0) }
  }

  /// With its kind forgotten.
  public var component: ConfiguredComponent { ConfiguredComponent(erasing: type, configuration) }
}
