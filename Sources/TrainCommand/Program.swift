/// What the program calls itself.
public enum Program {
  /// The command.
  public static let name = "asgd-train"
  /// The version, as `--version` and the first line of a run state it.
  public static let version = "0.1.0"
}
