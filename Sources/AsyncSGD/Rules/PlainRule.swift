/// A gradient is applied as it is, however stale.
public final class PlainRule: UpdateRule {
  /// Creates the rule.
  public init() {}
}
