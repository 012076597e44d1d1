import type { Pixels } from "@quaterion/core";

/**
 * The image laid on white where it is transparent: what is seen of it on a page. (Pillow's `convert("RGB")` shows the colour that lies hidden under full
 * transparency, mostly black, so that a black drawing would be black on black.) White · (1 − α) + colour · α, rounded.
 */
export function opaquePixels(pixels: Pixels): Pixels {
  if (pixels.channels !== 4) return pixels;
  const { data, width, height } = pixels;
  const target = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < target.length; from += 4, to += 3) {
    const alpha = data[from + 3]!;
    for (let c = 0; c < 3; c++) target[to + c] = Math.round(255 - ((255 - data[from + c]!) * alpha) / 255);
  }
  return { data: target, width, height, channels: 3 };
}
