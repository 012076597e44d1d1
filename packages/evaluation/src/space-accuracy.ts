import { InvalidArgumentError, type LabelId, list, shown, spaceOf } from "@quaterion/core";
import { type Accuracy, accuracy, macroAccuracy } from "./accuracy.js";

/** Accuracy over samples, and over classes. */
export interface MicroMacro extends Accuracy {
  /** Mean over the classes of the share of right answers. */
  readonly macro: number;
}

/** How the answers of several label spaces did. */
export interface SpaceAccuracy {
  /** All queries together. */
  readonly all: MicroMacro;
  /** The queries of each label space, by the space of what is right. */
  readonly spaces: Readonly<Record<string, MicroMacro>>;
  /** Answers whose label space is another than that of what is right, and that are wrong. */
  readonly astray: number;
}

export interface SpaceAccuracyOptions {
  /** Whether an answer is as good as what is right: {@link sameLabels} of the declared relations. Default: equal ids. */
  same?: ((answer: LabelId, truth: LabelId) => boolean) | undefined;
}

/**
 * Accuracy of each label space and of all together, micro (over samples) and macro (over classes). Given the answers on one gallery of all spaces
 * it is the accuracy on the shared index: right is the space and the label, or a label that is the same.
 * @param answers label ids, "banking/card_arrival"
 * @param truth what is right, in the same order
 * @throws {InvalidArgumentError} when the lengths differ or there is nothing to count, or a label has no space
 */
export function spaceAccuracy(
  answers: readonly LabelId[],
  truth: readonly LabelId[],
  { same = (a, b) => a === b }: SpaceAccuracyOptions = {},
): SpaceAccuracy {
  list(answers, "answers");
  list(truth, "truth");
  const without = truth.find((label) => typeof label !== "string" || !label.includes("/"));
  if (without !== undefined)
    throw new InvalidArgumentError(`\`truth\` must hold label ids with their space, "space/label"; received ${shown(without)}.`);
  const merged = answers.map((answer, i) => (truth[i] !== undefined && same(answer, truth[i]) ? truth[i] : answer));
  const both = (rows: readonly number[]): MicroMacro => {
    const [given, right] = [rows.map((row) => merged[row]!), rows.map((row) => truth[row]!)];
    return { ...accuracy(given, right), macro: macroAccuracy(given, right) };
  };
  const rowsOf = new Map<string, number[]>();
  for (const [row, label] of truth.entries()) {
    const space = spaceOf(label);
    const rows = rowsOf.get(space);
    if (rows) rows.push(row);
    else rowsOf.set(space, [row]);
  }
  accuracy(answers, truth); // refuses lengths that differ, before rows are picked by one of them
  return {
    all: both([...truth.keys()]),
    spaces: Object.fromEntries([...rowsOf].map(([space, rows]) => [space, both(rows)])),
    astray: merged.filter((answer, row) => spaceOf(answer) !== spaceOf(truth[row]!)).length,
  };
}
