import { Random } from "@quaterion/core";
import { demand, demandAllClose, magnitude } from "./law.js";

/** Central differences of a function of many numbers, in float64. */
export function centralDifferences(value: (at: readonly number[]) => number, at: readonly number[], step = 1e-5): number[] {
  return at.map((x, i) => (value(at.with(i, x + step)) - value(at.with(i, x - step))) / (2 * step));
}

/**
 * Breaks the law unless a gradient is what central differences of a float64 function say.
 * Tolerance: 2e-4 of the largest component, what float32 leaves of a steep loss.
 */
export function demandOracleGradient(
  gradient: readonly number[],
  value: (at: readonly number[]) => number,
  at: readonly number[],
  what: string,
): void {
  const expected = centralDifferences(value, at);
  demandAllClose(gradient, expected, 2e-4 * magnitude(expected, 0.01), what);
}

/** Steps of a float32 function: one is too long for a curved place or a kink, another too short for rounding; the best must agree. */
const steps = [3e-2, 1e-2, 3e-3, 1e-3];

/**
 * Breaks the law unless a gradient agrees, along three directions, with central differences of the float32 function itself, to 1 % of its length.
 */
export function demandOwnGradient(
  gradient: readonly number[],
  value: (at: readonly number[]) => number,
  at: readonly number[],
  what: string,
): void {
  const random = new Random(11);
  const length = Math.hypot(...gradient);
  const directions = [gradient.map((g) => (length > 0 ? g : 1)), at.map(() => random.normal()), at.map(() => random.normal())];
  for (const direction of directions) {
    const size = Math.hypot(...direction);
    const unit = direction.map((d) => d / size);
    const slope = unit.reduce((sum, d, i) => sum + d * gradient[i]!, 0);
    const moved = (step: number) => value(at.map((x, i) => x + step * unit[i]!));
    const here = Math.abs(value(at));
    const measured = steps.map((step) => ({
      slope: (moved(step) - moved(-step)) / (2 * step),
      rounding: (4e-7 * here) / step,
    }));
    const agrees = measured.some((one) => Math.abs(one.slope - slope) <= 0.01 * Math.max(length, 0.01) + one.rounding);
    demand(
      agrees,
      `${what}: the slope along a direction is ${slope}; central differences say ${measured.map((one) => one.slope).join(", ")} with steps ${steps.join(", ")}.`,
    );
  }
}
