import { fraction, InvalidArgumentError, nonNegativeInteger, positiveInteger } from "@quaterion/core";

/** A share with its interval. */
export interface Interval {
  /** 0 to 1. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** What was counted. */
  readonly n: number;
}

/**
 * The share `right / n` with its Wilson score interval: holds also near 0 and 1 and for few samples, where ±1.96 standard errors does not.
 *
 * (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n). Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
 * @param confidence default 0.95
 */
export function wilsonInterval(right: number, n: number, confidence = 0.95): Interval {
  nonNegativeInteger(right, "right");
  positiveInteger(n, "n");
  fraction(confidence, "confidence");
  if (right > n) throw new InvalidArgumentError(`\`right\` must be at most \`n\`; received ${right} of ${n}.`);
  const z = normalQuantile(0.5 + confidence / 2);
  const p = right / n;
  const middle = p + (z * z) / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  // The interval ends at 0 and 1 exactly there; rounding must not leave p out.
  return { value: p, low: Math.min(p, Math.max(0, (middle - half) / scale)), high: Math.max(p, Math.min(1, (middle + half) / scale)), n };
}

/** The z with P(Z ≤ z) = p for a standard normal Z, by bisection on the error function's series: exact to 1e-12. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new InvalidArgumentError(`\`p\` must be a number between 0 and 1; received ${p}.`);
  let low = -9;
  let high = 9;
  while (high - low > 1e-13) {
    const middle = (low + high) / 2;
    if (normalCumulative(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(Z ≤ z): ½ + φ(z) Σ z^(2k+1) / (1·3·5 … (2k+1)), which converges everywhere (Marsaglia 2004). */
export function normalCumulative(z: number): number {
  if (z < -9) return 0;
  if (z > 9) return 1;
  let term = z;
  let sum = z;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
