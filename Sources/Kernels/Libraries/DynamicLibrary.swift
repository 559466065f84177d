internal import Foundation

/// A library that was found at run time; nothing of it is needed to build.
///
/// It stays loaded for the life of the process. To unload it would be to pull the code from under the threads that some
/// libraries start on their own.
struct DynamicLibrary: @unchecked Sendable {  // the handle never changes; `dlsym` takes any thread
  /// The name that it was found under.
  let fileName: String
  private let handle: UnsafeMutableRawPointer

  /// Loads a library, or returns `nil` if the system has none of that name.
  init?(_ fileName: String) {
    guard let handle = dlopen(fileName, RTLD_NOW | RTLD_LOCAL) else { return nil }
    self.fileName = fileName
    self.handle = handle
  }

  /// Returns a function of the library, or of one that it depends on; `nil` if there is none of that name.
  ///
  /// - Parameters:
  ///   - name: The name of the function.
  ///   - type: Its signature, a `@convention(c)` function; nothing checks it.
  /// - Returns: The function.
  func function<Function>(_ name: String, as type: Function.Type) -> Function? {
    dlsym(handle, name).map { unsafeBitCast($0, to: type) }
  }
}
