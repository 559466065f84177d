internal import Foundation

/// zlib's gzip functions, found in the system's library at run time.
///
/// Nothing of zlib is needed to build, or to read files that are not compressed.
package struct ZlibLibrary: Sendable {
  typealias Open = @convention(c) @Sendable (UnsafePointer<CChar>, UnsafePointer<CChar>) -> OpaquePointer?
  typealias Read = @convention(c) @Sendable (OpaquePointer, UnsafeMutableRawPointer, CUnsignedInt) -> CInt
  typealias Close = @convention(c) @Sendable (OpaquePointer) -> CInt
  typealias Failure = @convention(c) @Sendable (OpaquePointer, UnsafeMutablePointer<CInt>) -> UnsafePointer<CChar>?

  let gzopen: Open
  let gzread: Read
  let gzclose: Close
  let gzerror: Failure

  /// Names of the library, on Linux and on macOS.
  package static let fileNames = ["libz.so.1", "libz.so", "libz.1.dylib"]

  /// The library of this process, loaded on first use, or `nil` if the system has none.
  package static let shared = ZlibLibrary(fileNames: fileNames)

  /// Loads the first library of `fileNames` that has all four functions.
  ///
  /// A library that was loaded stays so for the life of the process.
  package init?(fileNames: [String]) {
    for fileName in fileNames {
      guard let handle = dlopen(fileName, RTLD_NOW | RTLD_LOCAL) else { continue }
      if let gzopen = dlsym(handle, "gzopen"), let gzread = dlsym(handle, "gzread"),
        let gzclose = dlsym(handle, "gzclose"), let gzerror = dlsym(handle, "gzerror")
      {
        // The signatures are those of zlib.h, unchanged since version 1.0.
        self.gzopen = unsafeBitCast(gzopen, to: Open.self)
        self.gzread = unsafeBitCast(gzread, to: Read.self)
        self.gzclose = unsafeBitCast(gzclose, to: Close.self)
        self.gzerror = unsafeBitCast(gzerror, to: Failure.self)
        return
      }
      dlclose(handle)
    }
    return nil
  }
}
