import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { imageWindow } from "./image-window.js";
import { type Resample, resampleNames } from "./resample-filters.js";
import { resizeWindow } from "./resize-window.js";

const [width, height] = [37, 23];
/** An image by formula, with edges and overshoot, that Python has made alike. */
function image(channels: 1 | 3) {
  const data = new Uint8Array(width * height * channels);
  let at = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) {
        const block = (Math.floor(x / 5) + Math.floor(y / 4) + c) % 3 === 0 ? 127 : 0;
        data[at++] = (x * 7 + y * 13 + c * 29 + ((x * y) % 17) * 5 + block) % 256;
      }
  return { data, width, height, channels };
}
const golden = new URL("../../test/fixtures/images/golden.json", import.meta.url);
type Resized = [filter: Resample, channels: 1 | 3, width: number, height: number, sha256: string];

describe("resizeWindow", () => {
  it("gives the bytes that Pillow gives, for each filter, smaller and larger", async () => {
    const { resized } = JSON.parse(await readFile(golden, "utf8")) as { resized: Resized[] };
    expect(resized).toHaveLength(60);
    for (const [filter, channels, toWidth, toHeight, digest] of resized) {
      const window = imageWindow(width, height, { width: toWidth, height: toHeight }, false);
      const digestOf = createHash("sha256")
        .update(resizeWindow(image(channels), window, filter))
        .digest("hex")
        .slice(0, 16);
      expect([filter, channels, toWidth, toHeight, digestOf]).toEqual([filter, channels, toWidth, toHeight, digest]);
    }
  });

  it.each(resampleNames)("gives by %s the same window as the whole image has, and black beside it", (resample) => {
    const pixels = image(3);
    const whole = resizeWindow(pixels, imageWindow(width, height, { shortestEdge: 30 }, false), resample);
    const full = imageWindow(width, height, { shortestEdge: 30 }, false);
    for (const crop of [
      { width: 11, height: 9 },
      { width: 61, height: 20 },
      { width: 10, height: 41 },
    ]) {
      const window = imageWindow(width, height, { shortestEdge: 30 }, crop);
      const part = resizeWindow(pixels, window, resample);
      let beside = 0;
      for (let y = 0; y < crop.height; y++)
        for (let x = 0; x < crop.width; x++)
          for (let c = 0; c < 3; c++) {
            const [sx, sy] = [x + window.left, y + window.top];
            const inside = sx >= 0 && sy >= 0 && sx < full.width && sy < full.height;
            const expected = inside ? whole[(sy * full.width + sx) * 3 + c] : 0;
            if (part[(y * crop.width + x) * 3 + c] !== expected)
              expect([x, y, c, part[(y * crop.width + x) * 3 + c]]).toEqual([x, y, c, expected]);
            beside += inside ? 0 : 1;
          }
      expect(beside > 0).toBe(crop.width > full.width || crop.height > full.height);
    }
  });

  it("keeps an image of one color that color, and makes an image of one pixel any size", () => {
    for (const resample of resampleNames) {
      const flat = { data: new Uint8Array(5 * 7).fill(203), width: 5, height: 7, channels: 1 as const };
      expect(new Set(resizeWindow(flat, imageWindow(5, 7, { width: 13, height: 3 }, false), resample))).toEqual(new Set([203]));
      const dot = { data: Uint8Array.of(1, 2, 3), width: 1, height: 1, channels: 3 as const };
      expect([...resizeWindow(dot, imageWindow(1, 1, { width: 2, height: 1 }, false), resample)]).toEqual([1, 2, 3, 1, 2, 3]);
    }
  });

  it("computes of a long strip only what is read", () => {
    const strip = { data: new Uint8Array(12_000 * 10).fill(9), width: 12_000, height: 10, channels: 1 as const };
    const window = imageWindow(12_000, 10, { shortestEdge: 224 }, { width: 224, height: 224 });
    expect(window).toMatchObject({ resizedWidth: 268_800, resizedHeight: 224, left: 134_288 });
    expect(new Set(resizeWindow(strip, window, "bicubic"))).toEqual(new Set([9]));
  });
});
