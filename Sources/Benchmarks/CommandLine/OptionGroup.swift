internal import TrainCommand

/// Options that the help shows together.
struct OptionGroup<Options> {
  let title: String
  let options: [OptionSpecification<Options>]
}
