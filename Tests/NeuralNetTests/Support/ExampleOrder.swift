/// Returns values of examples one after another, `[N, …]`, in the order of the kernels, `[…, N]`.
///
/// Fixtures and oracles are written example by example; what a layer is given and what it leaves has the examples last.
func examplesLast<Value>(_ values: [Value], examples: Int) -> [Value] {
  transposed(values, rows: examples)
}

/// Returns values in the order of the kernels, `[…, N]`, as examples one after another, `[N, …]`.
func examplesFirst<Value>(_ values: [Value], examples: Int) -> [Value] {
  transposed(values, rows: values.count / examples)
}

private func transposed<Value>(_ values: [Value], rows: Int) -> [Value] {
  precondition(values.count.isMultiple(of: rows), "\(values.count) values are no \(rows) rows")
  let columns = values.count / rows
  return (0..<columns).flatMap { column in (0..<rows).map { row in values[row * columns + column] } }
}
