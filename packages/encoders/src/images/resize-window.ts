import type { Pixels } from "@quaterion/core";
import { type AxisWeights, axisWeights, weightBits } from "./axis-weights.js";
import type { ImageWindow } from "./image-window.js";
import { type Resample, resampleFilters } from "./resample-filters.js";

/**
 * A window of an image that is resized: the same bytes as Pillow's `Image.resize`, cropped. Only what the window needs is computed; what of it
 * lies outside the image is 0.
 * @returns `[window.height · window.width · channels]`
 */
export function resizeWindow(pixels: Pixels, window: ImageWindow, resample: Resample): Uint8Array {
  const { channels } = pixels;
  const target = new Uint8Array(window.height * window.width * channels);
  const left = Math.max(0, window.left);
  const top = Math.max(0, window.top);
  const right = Math.min(window.resizedWidth, window.left + window.width);
  const bottom = Math.min(window.resizedHeight, window.top + window.height);
  const same = window.resizedWidth === pixels.width && window.resizedHeight === pixels.height;
  const inside = resample === "nearest" || same ? nearest : filtered;
  const rows = inside(pixels, window, { left, top, right, bottom }, resample);
  const rowBytes = (right - left) * channels;
  for (let y = top; y < bottom; y++) {
    const row = rows.subarray((y - top) * rowBytes, (y - top + 1) * rowBytes);
    target.set(row, ((y - window.top) * window.width + left - window.left) * channels);
  }
  return target;
}

interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function nearest({ data, width, height, channels }: Pixels, window: ImageWindow, { left, top, right, bottom }: Edges): Uint8Array {
  const rows = new Uint8Array((bottom - top) * (right - left) * channels);
  const columns = nearestPlaces(width, window.resizedWidth, left, right);
  const lines = nearestPlaces(height, window.resizedHeight, top, bottom);
  let at = 0;
  for (const line of lines) {
    for (const column of columns) {
      const place = (line * width + column) * channels;
      for (let c = 0; c < channels; c++) rows[at++] = data[place + c]!;
    }
  }
  return rows;
}

/** Middles of the pixels from `first` to `end` of `to`. They are added up one by one, as Pillow does: where one falls between two pixels, rounding decides. */
function nearestPlaces(from: number, to: number, first: number, end: number): Int32Array {
  const places = new Int32Array(end - first);
  const scale = from / to;
  let middle = scale * 0.5;
  for (let i = 0; i < end; i++, middle += scale) if (i >= first) places[i - first] = Math.min(from - 1, middle);
  return places;
}

/** Along the rows first, rounded to bytes between: Pillow's order, which the last bit depends on. */
function filtered(pixels: Pixels, window: ImageWindow, { left, top, right, bottom }: Edges, resample: Resample): Uint8Array {
  const { data, width, height, channels } = pixels;
  const filter = resampleFilters[resample as Exclude<Resample, "nearest">];
  const across = axisWeights(width, window.resizedWidth, left, right, filter);
  const down = axisWeights(height, window.resizedHeight, top, bottom, filter);
  const last = down.count - 1;
  const first = down.starts[0]!;
  const rows = alongRows(data, width * channels, channels, first, down.starts[last]! + down.counts[last]!, across);
  return downColumns(rows, across.count * channels, first, down);
}

const half = 1 << (weightBits - 1);

function alongRows(data: Pixels["data"], stride: number, channels: number, first: number, end: number, axis: AxisWeights): Uint8Array {
  const { count, starts, counts, weights, taps } = axis;
  // Clamped arrays hold what is below 0 and above 255 at the border, as Pillow does.
  const rows = new Uint8ClampedArray((end - first) * count * channels);
  let at = 0;
  for (let y = first; y < end; y++) {
    for (let i = 0; i < count; i++) {
      const place = y * stride + starts[i]! * channels;
      const from = i * taps;
      const to = from + counts[i]!;
      if (channels === 3) {
        // As below, with each weight read once.
        let [red, green, blue] = [half, half, half];
        for (let k = from, p = place; k < to; k++, p += 3) {
          const weight = weights[k]!;
          red = (red + Math.imul(weight, data[p]!)) | 0;
          green = (green + Math.imul(weight, data[p + 1]!)) | 0;
          blue = (blue + Math.imul(weight, data[p + 2]!)) | 0;
        }
        rows[at++] = red >> weightBits;
        rows[at++] = green >> weightBits;
        rows[at++] = blue >> weightBits;
        continue;
      }
      for (let c = 0; c < channels; c++) {
        let sum = half;
        for (let k = from, p = place + c; k < to; k++, p += channels) sum = (sum + Math.imul(weights[k]!, data[p]!)) | 0;
        rows[at++] = sum >> weightBits;
      }
    }
  }
  return new Uint8Array(rows.buffer);
}

function downColumns(rows: Uint8Array, stride: number, first: number, { count, starts, counts, weights, taps }: AxisWeights): Uint8Array {
  const target = new Uint8ClampedArray(count * stride);
  const sums = new Int32Array(stride);
  for (let i = 0; i < count; i++) {
    sums.fill(half);
    for (let k = 0; k < counts[i]!; k++) {
      const weight = weights[i * taps + k]!;
      const row = (starts[i]! - first + k) * stride;
      for (let x = 0; x < stride; x++) sums[x] = (sums[x]! + Math.imul(weight, rows[row + x]!)) | 0;
    }
    const to = i * stride;
    for (let x = 0; x < stride; x++) target[to + x] = sums[x]! >> weightBits;
  }
  return new Uint8Array(target.buffer);
}
