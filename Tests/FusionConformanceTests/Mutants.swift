import FusionCore

/// No flaw.
enum Valid: Flaw { static let id = "" }

/// A map whose keys nobody can know before it is there.
struct LooseInner: Codable, Sendable { var strength: Double? }

enum REG1: Flaw { static let id = "REG-1" }
enum CFG1: Flaw { static let id = "CFG-1" }
enum CFG2: Flaw {
  static let id = "CFG-2"
  typealias Inner = LooseInner
}
enum CFG3: Flaw { static let id = "CFG-3" }
enum SHP1: Flaw { static let id = "SHP-1" }
enum SHP2Nameless: Flaw {
  static let id = "SHP-2"
  static let variant = "nameless"
}
enum SHP2First: Flaw {
  static let id = "SHP-2"
  static let variant = "first"
}
enum SHP2Empty: Flaw {
  static let id = "SHP-2"
  static let variant = "empty"
}
enum SHP3: Flaw { static let id = "SHP-3" }
enum PAR1: Flaw { static let id = "PAR-1" }
enum PAR3: Flaw { static let id = "PAR-3" }
enum FWD1: Flaw { static let id = "FWD-1" }
enum FWD2: Flaw { static let id = "FWD-2" }
enum FWD3: Flaw { static let id = "FWD-3" }
enum FWD4: Flaw { static let id = "FWD-4" }
enum FWD5: Flaw { static let id = "FWD-5" }
enum FWD6: Flaw { static let id = "FWD-6" }
enum FWD6Weights: Flaw {
  static let id = ""
  static let keepsWeights = true
}
enum FWD7: Flaw { static let id = "FWD-7" }
enum GRD1: Flaw { static let id = "GRD-1" }
enum GRD2: Flaw { static let id = "GRD-2" }
enum GRD3: Flaw { static let id = "GRD-3" }
enum GRD4: Flaw { static let id = "GRD-4" }
enum TRN1: Flaw { static let id = "TRN-1" }
enum TRN1Deaf: Flaw {
  static let id = "TRN-1"
  static let variant = "deaf"
}
enum TRN1Faint: Flaw {
  static let id = "TRN-1"
  static let variant = "faint"
}
enum SER1: Flaw { static let id = "SER-1" }
enum CON1: Flaw { static let id = "CON-1" }
enum THR1: Flaw { static let id = "THR-1" }
enum ENC1: Flaw { static let id = "ENC-1" }
enum DEC1: Flaw { static let id = "DEC-1" }
enum MOD1: Flaw { static let id = "MOD-1" }

/// A toy that breaks the rule of one check.
struct Mutant: Sendable {
  let id: String
  let type: any Component.Type

  static let all: [Mutant] = [
    Mutant(id: "REG-1", type: ToyFusion<REG1>.self),
    Mutant(id: "CFG-1", type: ToyFusion<CFG1>.self),
    Mutant(id: "CFG-2", type: ToyFusion<CFG2>.self),
    Mutant(id: "CFG-3", type: ToyFusion<CFG3>.self),
    Mutant(id: "SHP-1", type: ToyFusion<SHP1>.self),
    Mutant(id: "SHP-2", type: ToyFusion<SHP2Nameless>.self),
    Mutant(id: "SHP-2", type: ToyFusion<SHP2First>.self),
    Mutant(id: "SHP-2", type: ToyFusion<SHP2Empty>.self),
    Mutant(id: "SHP-2", type: ToyEncoder<SHP2Nameless>.self),
    Mutant(id: "SHP-2", type: ToyDecoder<SHP2Nameless>.self),
    Mutant(id: "SHP-2", type: ToyModality<SHP2Nameless>.self),
    Mutant(id: "SHP-3", type: ToyFusion<SHP3>.self),
    Mutant(id: "PAR-1", type: ToyFusion<PAR1>.self),
    Mutant(id: "PAR-3", type: ToyFusion<PAR3>.self),
    Mutant(id: "FWD-1", type: ToyFusion<FWD1>.self),
    Mutant(id: "FWD-2", type: ToyFusion<FWD2>.self),
    Mutant(id: "FWD-3", type: ToyFusion<FWD3>.self),
    Mutant(id: "FWD-4", type: ToyFusion<FWD4>.self),
    Mutant(id: "FWD-5", type: ToyFusion<FWD5>.self),
    Mutant(id: "FWD-6", type: ToyFusion<FWD6>.self),
    Mutant(id: "FWD-6", type: ToyFusion<FWD6Weights>.self),
    Mutant(id: "FWD-7", type: ToyFusion<FWD7>.self),
    Mutant(id: "GRD-1", type: ToyFusion<GRD1>.self),
    Mutant(id: "GRD-2", type: ToyFusion<GRD2>.self),
    Mutant(id: "GRD-3", type: ToyFusion<GRD3>.self),
    Mutant(id: "GRD-4", type: ToyFusion<GRD4>.self),
    Mutant(id: "TRN-1", type: ToyFusion<TRN1>.self),
    Mutant(id: "TRN-1", type: ToyFusion<TRN1Deaf>.self),
    Mutant(id: "TRN-1", type: ToyFusion<TRN1Faint>.self),
    Mutant(id: "TRN-1", type: ToyEncoder<TRN1Faint>.self),
    Mutant(id: "SER-1", type: ToyFusion<SER1>.self),
    Mutant(id: "CON-1", type: ToyFusion<CON1>.self),
    Mutant(id: "THR-1", type: ToyFusion<THR1>.self),
    Mutant(id: "ENC-1", type: ToyEncoder<ENC1>.self),
    Mutant(id: "DEC-1", type: ToyDecoder<DEC1>.self),
    Mutant(id: "MOD-1", type: ToyModality<MOD1>.self),
    Mutant(id: "MET-1", type: ToyMetric<MET1>.self),
    Mutant(id: "MET-2", type: ToyMetric<MET2>.self),
    Mutant(id: "MET-3", type: ToyMetric<MET3>.self),
    Mutant(id: "MET-4", type: ToyMetric<MET4>.self),
    Mutant(id: "MET-4", type: ToyMetric<MET4Silent>.self),
    Mutant(id: "MET-5", type: ToyMetric<MET5>.self),
    Mutant(id: "MET-6", type: ToyMetric<MET6>.self),
    Mutant(id: "OBJ-1", type: ToyObjective<OBJ1>.self),
    Mutant(id: "OBJ-1", type: ToyObjective<OBJ1Idle>.self),
    Mutant(id: "OBJ-2", type: ToyObjective<OBJ2>.self),
    Mutant(id: "OBJ-3", type: ToyObjective<OBJ3>.self),
    Mutant(id: "OBJ-3", type: ToyObjective<OBJ3Silent>.self),
    Mutant(id: "OBJ-4", type: ToyObjective<OBJ4>.self),
    Mutant(id: "OBJ-4", type: ToyObjective<OBJ4Idle>.self),
    Mutant(id: "OBJ-5", type: ToyObjective<OBJ5>.self),
    Mutant(id: "OBJ-6", type: ToyObjective<OBJ6>.self),
    Mutant(id: "OBJ-7", type: ToyObjective<OBJ7>.self),
    Mutant(id: "OBJ-8", type: ToyObjective<OBJ8>.self),
    Mutant(id: "OBJ-8", type: ToyObjective<OBJ8Weights>.self),
    Mutant(id: "OBJ-8", type: ToyObjective<OBJ8Evaluation>.self),
    Mutant(id: "DAT-1", type: ToyDataset<DAT1>.self),
    Mutant(id: "DAT-2", type: ToyDataset<DAT2>.self),
    Mutant(id: "DAT-3", type: ToyDataset<DAT3>.self),
    Mutant(id: "DAT-3", type: ToyDataset<DAT3Classes>.self),
    Mutant(id: "DAT-4", type: ToyDataset<DAT4>.self),
    Mutant(id: "DAT-5", type: ToyDataset<DAT5>.self),
    Mutant(id: "DAT-5", type: ToyDataset<DAT5Classes>.self),
    Mutant(id: "DAT-6", type: ToyDataset<DAT6>.self),
    Mutant(id: "DAT-7", type: ToyDataset<DAT7>.self),
    Mutant(id: "DAT-8", type: ToyDataset<DAT8>.self),
    Mutant(id: "TRF-1", type: ToyTransform<TRF1>.self),
    Mutant(id: "TRF-2", type: ToyTransform<TRF2>.self),
    Mutant(id: "TRF-3", type: ToyTransform<TRF3>.self),
    Mutant(id: "TRF-3", type: ToyTransform<TRF3Suits>.self),
    Mutant(id: "TRF-4", type: ToyTransform<TRF4>.self),
    Mutant(id: "TRF-5", type: ToyTransform<TRF5>.self),
    Mutant(id: "TRF-5", type: ToyTransform<TRF5Key>.self),
    Mutant(id: "TRF-6", type: ToyTransform<TRF6>.self),
    Mutant(id: "TRF-6", type: ToyTransform<TRF6Still>.self),
    Mutant(id: "TRF-7", type: ToyTransform<TRF7>.self),
    Mutant(id: "CBK-1", type: ToyCallback<CBK1>.self),
    Mutant(id: "CBK-2", type: ToyCallback<CBK2>.self),
    Mutant(id: "CBK-2", type: ToyCallback<CBK2Idle>.self),
    Mutant(id: "CBK-3", type: ToyCallback<CBK3>.self),
    Mutant(id: "CBK-3", type: ToyCallback<CBK3Lost>.self),
    Mutant(id: "CBK-4", type: ToyCallback<CBK4>.self),
    Mutant(id: "CBK-5", type: ToyCallback<CBK5>.self),
  ]
}
