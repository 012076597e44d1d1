/** An image that is decoded already: what `readIdx` of @quaterion/datasets gives with `as: "pixels"`, or a canvas, or a camera. */
export interface Pixels {
  /** Row by row from the top, from 0 to 255, the channels of a pixel side by side: `[height · width · channels]`. */
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB, 4 RGB and alpha (not premultiplied). */
  readonly channels: 1 | 3 | 4;
}
