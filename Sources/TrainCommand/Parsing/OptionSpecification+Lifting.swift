extension OptionSpecification {
  /// Returns the same option of what has these options as a part.
  func lifted<Whole>(to part: WritableKeyPath<Whole, Options>) -> OptionSpecification<Whole> {
    OptionSpecification<Whole>(
      name: name, placeholder: placeholder, help: help, values: values, defaultText: defaultText,
      otherNames: otherNames
    ) { (whole, value) throws(UsageError) in try set(&whole[keyPath: part], value) }
  }
}
