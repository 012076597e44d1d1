import type { ResampleFilter } from "./resample-filters.js";

/** Bits behind the point of a weight: with 8 bits of pixel and some room above, a sum stays within 32. */
export const weightBits = 22;

/** What each pixel along one axis is made of. */
export interface AxisWeights {
  /** Pixels that are made, those outside the image not counted. */
  readonly count: number;
  /** First of the pixels that the i-th is made of. */
  readonly starts: Int32Array;
  /** How many. */
  readonly counts: Int32Array;
  /** `[count, taps]`, in 2⁻²²; what is after the i-th count is 0. */
  readonly weights: Int32Array;
  readonly taps: number;
}

/**
 * Weights that turn `from` pixels along an axis into those at places `first` to `end` (excluded) of `to`; the filter is as wide as the coarser of
 * the two needs, so that nothing is skipped when an image gets smaller. As Pillow computes them, in fixed point.
 */
export function axisWeights(from: number, to: number, first: number, end: number, filter: ResampleFilter): AxisWeights {
  const scale = from / to;
  const width = Math.max(scale, 1);
  const support = filter.support * width;
  const taps = 2 * Math.ceil(support) + 1;
  const count = end - first;
  const [starts, counts, weights] = [new Int32Array(count), new Int32Array(count), new Int32Array(count * taps)];
  const shares = new Float64Array(taps);
  for (let i = 0; i < count; i++) {
    const center = (first + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const stop = Math.min(from, Math.trunc(center + support + 0.5));
    let total = 0;
    for (let k = 0; k < stop - start; k++) {
      shares[k] = filter.weight((start + k - center + 0.5) * (1 / width));
      total += shares[k]!;
    }
    for (let k = 0; k < stop - start; k++) {
      const fixed = (total === 0 ? shares[k]! : shares[k]! / total) * 2 ** weightBits;
      weights[i * taps + k] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
    starts[i] = start;
    counts[i] = stop - start;
  }
  return { count, starts, counts, weights, taps };
}
