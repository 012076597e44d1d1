import { QuaterionError } from "@quaterion/core";

/** Something that must hold, for any test runner: `test(law.title, law.run)`. */
export interface Law {
  readonly title: string;
  /** Resolves where the law holds, rejects with a {@link BrokenLawError} that says how it was broken, or with what the unit itself threw. */
  run(): Promise<void>;
}

/** A law does not hold. Code `BROKEN_LAW`. */
export class BrokenLawError extends QuaterionError {
  constructor(message: string) {
    super("BROKEN_LAW", message);
  }
}

/** Breaks the law unless `condition` holds. */
export function demand(condition: boolean, message: string): asserts condition {
  if (!condition) throw new BrokenLawError(message);
}

/** Breaks the law unless `actual` is within `tolerance` of `expected` (NaN never is). */
export function demandClose(actual: number, expected: number, tolerance: number, what: string): void {
  demand(Math.abs(actual - expected) <= tolerance, `${what} is ${actual}; expected ${expected}, give or take ${tolerance}.`);
}

/** Breaks the law unless two lists have the same length and are the same, number by number, within `tolerance`. */
export function demandAllClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  demand(actual.length === expected.length, `${what} has ${actual.length} numbers; expected ${expected.length}.`);
  for (let i = 0; i < actual.length; i++) demandClose(actual[i]!, expected[i]!, tolerance, `${what}, number ${i},`);
}

/** Breaks the law unless every number is finite. */
export function demandFinite(values: ArrayLike<number>, what: string): void {
  for (let i = 0; i < values.length; i++)
    demand(Number.isFinite(values[i]), `${what}, number ${i}, is ${values[i]}; expected a finite number.`);
}

/** The largest magnitude in a list, at least `least`. */
export function magnitude(values: ArrayLike<number>, least = 0): number {
  let largest = least;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}
