import DataPipeline

/// The bytes of an IDX file of unsigned bytes, as the format's definition has them.
func idx(_ extents: [UInt32], _ elements: [UInt8]) -> [UInt8] {
  [0, 0, 8, UInt8(extents.count)] + extents.flatMap { bytes(of: $0).reversed() } + elements
}

/// The bytes of a CIFAR-10 record whose red, green and blue planes are each of one value.
func cifarRecord(label: UInt8, red: UInt8, green: UInt8, blue: UInt8) -> [UInt8] {
  [label] + [red, green, blue].flatMap { [UInt8](repeating: $0, count: 1024) }
}

/// A gzip stream of `content` in stored blocks (RFC 1951 §3.2.4 and RFC 1952 §2.3), made without zlib.
func gzip(_ content: [UInt8]) -> [UInt8] {
  var stream: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
  var start = 0
  repeat {
    let end = min(start + 65_535, content.count)
    let length = UInt32(end - start)
    stream.append(end == content.count ? 1 : 0)
    stream += bytes(of: length).prefix(2)
    stream += bytes(of: ~length).prefix(2)
    stream += content[start..<end]
    start = end
  } while start < content.count
  return stream + bytes(of: crc32(content)) + bytes(of: UInt32(content.count))
}

/// Whether this system has zlib, without which gzip files cannot be read.
let hasZlib = ZlibLibrary.shared != nil

/// The four bytes of `value`, the lowest first.
private func bytes(of value: UInt32) -> [UInt8] {
  [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
}

private func crc32(_ content: [UInt8]) -> UInt32 {
  var crc = UInt32.max
  for byte in content {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
  return ~crc
}
