import Kernels
import Testing

@Suite("Geometry")
struct GeometryTests {
  @Test("a convolution's output follows the formula, and a remainder is dropped")
  func convolution() throws {
    let g = try ConvolutionGeometry(
      channels: 3, height: 10, width: 13, filters: 4, filterHeight: 3, filterWidth: 5, stride: 2, padding: 1)
    #expect(g.outputHeight == 5)
    #expect(g.outputWidth == 6)
    #expect(g.inputCount == 390)
    #expect(g.outputCount == 120)
    #expect(g.patchCount == 45)
    #expect(g.weightCount == 180)
    #expect(g.positionCount == 30)
  }

  @Test("a pooling's output follows the formula, and the stride left out is the window")
  func pooling() throws {
    let g = try PoolingGeometry(channels: 2, height: 7, width: 9, window: 2)
    #expect(g.stride == 2)
    #expect(g.outputHeight == 3)
    #expect(g.outputWidth == 4)
    #expect(g.inputCount == 126)
    #expect(g.outputCount == 24)
    #expect(try PoolingGeometry(channels: 1, height: 7, width: 9, window: 3, stride: 1).outputWidth == 7)
  }

  @Test(
    "an extent of a convolution out of its domain is named with its value",
    arguments: ["channels", "height", "width", "filters", "filterHeight", "filterWidth", "stride", "padding"])
  func convolutionExtents(name: String) {
    func value(_ other: String) -> Int { other != name ? 4 : name == "padding" ? -1 : 0 }
    #expect(throws: GeometryError.tooSmall(name: name, value: value(name), minimum: name == "padding" ? 0 : 1)) {
      try ConvolutionGeometry(
        channels: value("channels"), height: value("height"), width: value("width"), filters: value("filters"),
        filterHeight: value("filterHeight"), filterWidth: value("filterWidth"), stride: value("stride"),
        padding: value("padding"))
    }
  }

  @Test("a filter may be as large as the padded input, and no larger")
  func filterExceedsInput() throws {
    #expect(
      try ConvolutionGeometry(
        channels: 1, height: 3, width: 3, filters: 1, filterHeight: 5, filterWidth: 5, padding: 1
      ).positionCount == 1)
    #expect(throws: GeometryError.windowExceedsInput(axis: "height", window: 6, paddedInput: 5)) {
      try ConvolutionGeometry(
        channels: 1, height: 3, width: 3, filters: 1, filterHeight: 6, filterWidth: 5, padding: 1)
    }
    #expect(throws: GeometryError.windowExceedsInput(axis: "width", window: 6, paddedInput: 5)) {
      try ConvolutionGeometry(
        channels: 1, height: 3, width: 3, filters: 1, filterHeight: 5, filterWidth: 6, padding: 1)
    }
  }

  @Test(
    "an extent of a pooling out of its domain is named with its value",
    arguments: ["channels", "height", "width", "window", "stride"])
  func poolingExtents(name: String) {
    func value(_ other: String) -> Int { other == name ? 0 : 4 }
    #expect(throws: GeometryError.tooSmall(name: name, value: 0, minimum: 1)) {
      try PoolingGeometry(
        channels: value("channels"), height: value("height"), width: value("width"), window: value("window"),
        stride: value("stride"))
    }
  }

  @Test("a pooling window may be as large as the input and its index allow, and no larger")
  func poolingWindow() throws {
    #expect(throws: GeometryError.windowExceedsInput(axis: "height", window: 3, paddedInput: 2)) {
      try PoolingGeometry(channels: 1, height: 2, width: 3, window: 3)
    }
    #expect(throws: GeometryError.windowExceedsInput(axis: "width", window: 3, paddedInput: 2)) {
      try PoolingGeometry(channels: 1, height: 3, width: 2, window: 3)
    }
    #expect(throws: GeometryError.windowTooLarge(window: 17, maximum: 16)) {
      try PoolingGeometry(channels: 1, height: 20, width: 20, window: 17)
    }
    #expect(try PoolingGeometry(channels: 1, height: 16, width: 16, window: 16).outputCount == 1)
  }

  @Test("the messages name the extent and both values")
  func messages() {
    #expect(GeometryError.tooSmall(name: "stride", value: 0, minimum: 1).description.contains("stride is 0"))
    let exceeds = GeometryError.windowExceedsInput(axis: "width", window: 6, paddedInput: 5).description
    #expect(exceeds.contains("width") && exceeds.contains("6") && exceeds.contains("5"))
    let large = GeometryError.windowTooLarge(window: 17, maximum: 16).description
    #expect(large.contains("17") && large.contains("16"))
  }
}
