import FusionCore
import FusionData

// How a pipeline reads the arrays and the batches of a part of a data set.

extension Pipeline {
  /// How the arrays of a part are scaled, in its order: those of the training part's type as there, others as their own
  /// type asks for.
  ///
  /// - Throws: `DataError` where samples have another shape than those that the pipeline was built for, or lack a modality
  ///   that the fusion does not go without.
  func conversions(for split: DataSplit) throws(DataError) -> [ValueConversion] {
    let places = split.modalities.map { modality in modalities.firstIndex(of: modality.name) }
    precondition(places.allSatisfy { $0 != nil }, "a part with modalities that the pipeline does not have")
    var errors: [DataError] = []
    for (place, modality) in zip(places, split.modalities)
    where modality.array.sampleShape != inputs[place!].sampleShape {
      errors.append(
        DataError(
          modality.array.source, "holds samples of shape \(modality.array.sampleShape)",
          expected: "\(inputs[place!].sampleShape), as the model was trained on"))
    }
    if modalities.count > 1, specification.fusion.missingPolicy == .refuse { errors += refusals(split) }
    guard errors.isEmpty else { throw DataError(gathering: errors) }
    let own = conversions
    return zip(places, split.modalities).map { place, modality in
      let array = modality.array.description
      return array.elementType == inputs[place!].elementType
        ? own[place!] : conversion(of: array, modality: place!)
    }
  }

  /// What is missing, by file and row.
  private func refusals(_ split: DataSplit) -> [DataError] {
    let expected = "samples with all modalities, as the fusion '\(specification.fusion.type.name)' needs them"
    let absent = modalities.filter { name in !split.modalities.contains { $0.name == name } }
    return absent.map { DataError("the part '\(split.name)'", "has no '\($0)'", expected: expected) }
      + split.modalities.compactMap { modality in
        guard let mask = modality.presence, let row = split.rows.first(where: { !mask.isPresent[$0] }) else {
          return nil
        }
        return DataError(mask.source, "row \(row + 1) lacks '\(modality.name)'", expected: expected)
      }
  }

  /// A batch as the pipeline takes it: one tensor a modality, zeros for those that the part does not have, and what is
  /// missing.
  public func raw(of batch: Batch, device: Device) -> (tensors: [Tensor], presence: Presence?) {
    guard batch.modalities != modalities else { return (batch.tensors(device: device), batch.presence) }
    let tensors = zip(modalities, inputs).map { name, input in
      batch.modalities.firstIndex(of: name).map { batch.tensor($0, device: device) }
        ?? .zeros([batch.count] + input.sampleShape, device: device)
    }
    return (tensors, presence(batch.presence, of: batch.modalities, batch.count))
  }

  /// The presence of all modalities, of which only those `names` are there at all.
  func presence(_ presence: Presence?, of names: [String], _ count: Int) -> Presence? {
    Presence(
      modalities.map { modality in
        names.firstIndex(of: modality).map { presence?.masks[$0] } ?? [Bool](repeating: false, count: count)
      }, count: count)
  }
}
