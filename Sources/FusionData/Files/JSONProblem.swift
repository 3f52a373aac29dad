import FusionCore

/// Why JSON cannot be understood, in words, shortened: keys and values of a damaged file may be of any length.
func jsonProblem(_ error: any Error) -> String {
  switch error {
  case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
    DecodingError.keyNotFound(_, let context), DecodingError.dataCorrupted(let context):
    let place = context.codingPath.map { $0.stringValue.excerpt(40) }.joined(separator: ".")
    return (place.isEmpty ? "" : "at \(place.excerpt(120)): ") + context.debugDescription.excerpt(200)
  default: return "\(error)".excerpt(200)
  }
}
