import { checkOptions, fraction, InvalidArgumentError, InvalidDataError, Random, shown, type TrainingData } from "@quaterion/core";
import { mapEntry } from "./map-entry.js";
import { subset } from "./subset.js";
import { checkTrainingData } from "./training-data.js";
import { valueIds } from "./value-ids.js";

export interface SplitOptions {
  /** Share of the rows that go to `test`, above 0 and below 1; default 0.2. */
  test?: number | undefined;
  /** Default 1. */
  seed?: number | undefined;
}

/** Two halves of some data, with the rows they had. */
export interface Split<Value> {
  readonly train: TrainingData<Value>;
  readonly test: TrainingData<Value>;
  readonly trainRows: Uint32Array;
  readonly testRows: Uint32Array;
}

/**
 * Splits data in two, label by label: each label gives its share as nearly as whole rows allow, and keeps at least one in `train`.
 * Rows of equal values, and rows of given pairs, stay together: nothing is on both sides.
 * @throws {InvalidDataError} when one side would be empty
 */
export function split<Value>(data: TrainingData<Value>, options: SplitOptions = {}): Split<Value> {
  checkTrainingData(data);
  checkOptions("split", options, {
    test: (value, argument) => {
      if (value !== 0 && value !== 1) return fraction(value, argument);
      throw new InvalidArgumentError(`\`${argument}\` must be above 0 and below 1; received ${value}.`);
    },
    seed: (value, argument) => {
      if (Number.isSafeInteger(value)) return value;
      throw new InvalidArgumentError(`\`${argument}\` must be a whole number; received ${shown(value)}.`);
    },
  });
  const { test = 0.2, seed = 1 } = options;
  const random = new Random(seed);
  const strata = new Map<string, number[][]>();
  for (const unit of inseparable(data)) {
    const labels = new Set(unit.flatMap((row) => data.labelsOf(row)));
    mapEntry(strata, [...labels].sort().join("\n"), (): number[][] => []).push(unit);
  }
  const taken: number[] = [];
  const open: { units: number[][]; lacking: number }[] = [];
  let lacking = 0;
  for (const units of strata.values()) {
    random.shuffle(units);
    const rows = units.reduce((sum, unit) => sum + unit.length, 0);
    const wanted = test * rows;
    let count = 0;
    // Whole units only, rounded down; as less than all is wanted, one stays.
    while (count + units.at(-1)!.length <= wanted) {
      const unit = units.pop()!;
      taken.push(...unit);
      count += unit.length;
    }
    lacking += wanted - count;
    if (units.length > 1) open.push({ units, lacking: wanted - count });
  }
  // What rounding down left over goes to the labels that lack most.
  random.shuffle(open).sort((x, y) => y.lacking - x.lacking);
  for (const { units } of open) {
    const unit = units.at(-1)!;
    if (unit.length > lacking + 0.5) continue;
    taken.push(...unit);
    units.pop();
    lacking -= unit.length;
  }
  const testRows = Uint32Array.from(taken).sort();
  const chosen = new Set(taken);
  const trainRows = Uint32Array.from(data.values.keys()).filter((row) => !chosen.has(row));
  if (testRows.length === 0 || trainRows.length === 0) {
    throw new InvalidDataError(
      `A split with ${test} of ${data.values.length} rows for the test leaves one side empty: equal values, given pairs and the last example of a label stay together. Use more data, or another share.`,
    );
  }
  return { train: subset(data, trainRows), test: subset(data, testRows), trainRows, testRows };
}

/** Rows that must stay together: of equal values, or joined by given pairs. */
function inseparable(data: TrainingData<unknown>): number[][] {
  const ids = valueIds(data.values);
  const parent = Uint32Array.from(data.values.keys());
  const root = (row: number): number => {
    let at = row;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  const firstOf = new Map<number, number>();
  for (const [row, id] of ids.entries()) parent[root(row)] = root(mapEntry(firstOf, id, () => row));
  for (const { a, b } of data.pairs ?? []) parent[root(a)] = root(b);
  const units = new Map<number, number[]>();
  for (const row of data.values.keys()) mapEntry(units, root(row), (): number[] => []).push(row);
  return [...units.values()];
}
