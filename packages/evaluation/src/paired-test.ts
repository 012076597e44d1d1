import { InvalidArgumentError, list } from "@quaterion/core";
import { type BootstrapOptions, bootstrapInterval } from "./bootstrap-interval.js";
import type { Interval } from "./interval.js";

/** Two models on the same queries. */
export interface PairedTest {
  /** Queries that only the first model answered right. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** How likely a difference this large, or larger, is between equally good models: below 0.05 is taken as a real one. */
  readonly p: number;
  /** Accuracy of the first minus that of the second. */
  readonly difference: number;
}

/**
 * McNemar's exact test: of the queries on which exactly one model is right, each is as likely to be either's if the models are equally good.
 * p = min(1, 2 · P(X ≤ min(b, c))), X ~ Binomial(b + c, ½). McNemar, Psychometrika 1947.
 * @throws {InvalidArgumentError} when the three are not of one length, at least 1
 */
export function pairedTest(
  first: readonly (string | undefined)[],
  second: readonly (string | undefined)[],
  truth: readonly string[],
): PairedTest {
  list(first, "first");
  list(second, "second");
  list(truth, "truth");
  if (truth.length === 0 || first.length !== truth.length || second.length !== truth.length) {
    throw new InvalidArgumentError(
      `Answers of both models and the truth must be of one length, at least 1; received ${first.length}, ${second.length} and ${truth.length}.`,
    );
  }
  let onlyFirst = 0;
  let onlySecond = 0;
  for (const [i, label] of truth.entries()) {
    if (first[i] === label && second[i] !== label) onlyFirst++;
    if (first[i] !== label && second[i] === label) onlySecond++;
  }
  const n = onlyFirst + onlySecond;
  // Logarithms: 2⁻ⁿ is 0 in float64 from n = 1075 on.
  let logTerm = -n * Math.LN2;
  let tail = 0;
  for (let i = 0; i <= Math.min(onlyFirst, onlySecond); i++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((n - i) / (i + 1));
  }
  return { onlyFirst, onlySecond, p: Math.min(1, 2 * tail), difference: (onlyFirst - onlySecond) / truth.length };
}

/**
 * The mean difference of two models' values on the same queries (`perQuery` of a report), with a 95 % bootstrap interval over queries:
 * the models differ where it leaves 0 out.
 */
export function pairedBootstrap(first: ArrayLike<number>, second: ArrayLike<number>, options: BootstrapOptions = {}): Interval {
  list(first, "first");
  list(second, "second");
  if (first.length !== second.length) {
    throw new InvalidArgumentError(`Both models must have values for the same queries; received ${first.length} and ${second.length}.`);
  }
  return bootstrapInterval(
    Array.from(first, (value, i) => value - second[i]!),
    options,
  );
}
