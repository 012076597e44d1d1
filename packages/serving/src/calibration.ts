/** Probabilities of one row of scores: softmax(scores / temperature); 0 where a score is −∞. */
export function probabilities(scores: Float32Array, temperature: number): Float64Array {
  let highest = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > highest) highest = score;
  const out = new Float64Array(scores.length);
  let sum = 0;
  for (let c = 0; c < scores.length; c++) {
    out[c] = Math.exp((scores[c]! - highest) / temperature);
    sum += out[c]!;
  }
  for (let c = 0; c < out.length; c++) out[c]! /= sum;
  return out;
}

/** Scores of samples whose classes are known and that the scorer did not see. */
export interface HeldOut {
  /** `[rows, classCount]`, −∞ for classes that had no reference */
  readonly scores: Float32Array;
  /** Right class of each row, −1 where the row takes no part: it could not have been right. */
  readonly classes: Int32Array;
  readonly classCount: number;
}

/**
 * The temperature under which held-out samples are likeliest: minimises Σ −log softmax(scores / T)[class], with a share of
 * 1 / (rows + 2) of each target spread over all classes, so that T stays above 0 where every sample is right.
 * The sum is convex in 1 / T: Newton's method, kept within a bracket.
 *
 * Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML 2017; smoothed targets: Platt, 1999.
 */
export function calibratedTemperature({ scores, classes, classCount }: HeldOut): number {
  const rows = classes.reduce((sum, c) => sum + (c >= 0 ? 1 : 0), 0);
  if (rows === 0) return 1;
  const smoothing = 1 / (rows + 2);
  let low = 1e-8; // of 1 / T: scores of every scale that float32 tells apart
  let high = 1e8;
  let sharpness = 1;
  for (let step = 0; step < 100; step++) {
    let slope = 0;
    let curvature = 0;
    for (let i = 0; i < classes.length; i++) {
      if (classes[i]! < 0) continue;
      const row = scores.subarray(i * classCount, (i + 1) * classCount);
      let highest = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < classCount; c++) if (row[c]! > highest) highest = row[c]!;
      let weights = 0;
      let first = 0;
      let second = 0;
      let sum = 0;
      let known = 0;
      for (let c = 0; c < classCount; c++) {
        if (row[c] === Number.NEGATIVE_INFINITY) continue;
        const below = row[c]! - highest;
        const weight = Math.exp(sharpness * below);
        weights += weight;
        first += weight * below;
        second += weight * below * below;
        sum += below;
        known++;
      }
      const mean = first / weights;
      slope += mean - (1 - smoothing) * (row[classes[i]!]! - highest) - (smoothing * sum) / known;
      curvature += second / weights - mean * mean;
    }
    if (slope > 0) high = sharpness;
    else low = sharpness;
    const newton = sharpness - slope / curvature;
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    if (Math.abs(next - sharpness) <= 1e-6 * sharpness) break;
    sharpness = next;
  }
  return 1 / sharpness;
}

/** Log-likelihoods of held-out samples at a temperature, their mean, and which of them are right; 0 for a row that takes no part. */
export function heldOutQuality(
  { scores, classes, classCount }: HeldOut,
  temperature: number,
): { logLikelihood: number; logs: Float64Array; right: Uint8Array } {
  const right = new Uint8Array(classes.length);
  const logs = new Float64Array(classes.length);
  let sum = 0;
  let rows = 0;
  for (let i = 0; i < classes.length; i++) {
    const own = classes[i]!;
    if (own < 0) continue;
    const row = scores.subarray(i * classCount, (i + 1) * classCount);
    let best = 0;
    for (let c = 1; c < classCount; c++) if (row[c]! > row[best]!) best = c;
    right[i] = best === own ? 1 : 0;
    logs[i] = Math.log(Math.max(probabilities(row, temperature)[own]!, 1e-12));
    sum += logs[i]!;
    rows++;
  }
  return { logLikelihood: rows === 0 ? Number.NaN : sum / rows, logs, right };
}
