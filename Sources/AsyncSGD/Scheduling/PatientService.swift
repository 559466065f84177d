/// A way to a server on which every calculation seems wanted.
///
/// The gradients of scheduled workers are computed at any time before they are due, so what the server wants at that time means
/// nothing: whoever drives the workers knows which calculations end.
struct PatientService: ServiceDecorator {
  let base: any ParameterService

  func isWanted(version: Int) -> Bool { true }
}
