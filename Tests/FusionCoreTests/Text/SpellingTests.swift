import FusionCore
import Testing

@Test func theNearestSpellingIsFound() {
  #expect(nearestSpelling(of: "low_rnak_tensor", among: ["add", "concat", "low_rank_tensor"]) == "low_rank_tensor")
  #expect(nearestSpelling(of: "zebra", among: ["add", "concat"]) == nil)
  #expect(nearestSpelling(of: "AdamW", among: ["adam", "adamw", "sgd"]) == "adamw")
  #expect(nearestSpelling(of: "SGD", among: ["adam", "adamw", "sgd"]) == "sgd")
}
