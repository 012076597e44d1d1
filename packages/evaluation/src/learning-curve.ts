import {
  anything,
  checkOptions,
  InvalidArgumentError,
  list,
  nonNegativeInteger,
  type OnProgress,
  positiveInteger,
  Random,
  reject,
} from "@quaterion/core";
import { type Interval, wilsonInterval } from "./interval.js";

/** Accuracy with a part of the examples. */
export interface LearningCurvePoint extends Interval {
  /** Share of each label's examples that was learnt from. */
  readonly share: number;
  /** Examples that were learnt from, on average over the folds. */
  readonly examples: number;
}

/** How the held-out rows of a label were answered. */
export interface LabelLearned<Label> {
  readonly label: Label;
  readonly examples: number;
  /** Rows of it that got another label. */
  readonly missed: number;
  /** Rows of other labels that got it. */
  readonly taken: number;
}

export interface LearningCurve<Label = string> {
  /** By ascending share; each row was asked once at each, by what had not seen it. */
  readonly points: readonly LearningCurvePoint[];
  /**
   * What twice as many examples would give, if the last doubling's ratio of errors held again: 1 − e(1) · min(1, e(1) / e(½)), e the share of wrong
   * answers. A reckoning, not a promise: on BANKING77 and HWU64 (ten examples a label, six draws) it was off by 1.1 points on average, 3.6 at most.
   */
  readonly doubled: number | undefined;
  /** The same reckoning one doubling earlier, and what was measured there: how far to trust it on this data. */
  readonly check: { readonly reckoned: number; readonly measured: number } | undefined;
  /** How labels fared at the largest share, those with most misses first: more examples of these help most. */
  readonly labels: readonly LabelLearned<Label>[];
}

export interface LearningCurveOptions {
  /** Shares of each label's examples to learn from, ascending, up to 1; default a quarter, a half, all. */
  shares?: readonly number[] | undefined;
  /** Parts that the rows are split into; each is answered by what learnt from the others. Default 5. */
  folds?: number | undefined;
  seed?: number | undefined;
  onProgress?: OnProgress | undefined;
}

/**
 * How accuracy grows with the number of examples, measured on held-out folds: for each share, each fold is answered by that share of the other folds.
 * Smaller shares are parts of larger ones. Labels with one example can't be answered right: they are learnt from and not asked.
 * @param labels label of each row
 * @param answer learns from some rows and answers others: `[test]` labels
 * @throws {InvalidArgumentError} when no label has two rows, a share is wrong, or `answer` gives another number of labels than it was asked for
 */
export async function learningCurve<Label>(
  labels: readonly Label[],
  answer: (train: readonly number[], test: readonly number[]) => Promise<readonly Label[]> | readonly Label[],
  options: LearningCurveOptions = {},
): Promise<LearningCurve<Label>> {
  checkOptions("learningCurve", options, {
    shares: ascendingShares,
    folds: positiveInteger,
    seed: nonNegativeInteger,
    onProgress: anything,
  });
  const { shares = [0.25, 0.5, 1], folds = 5, seed = 1, onProgress } = options;
  if (folds < 2)
    throw new InvalidArgumentError("`learningCurve.folds` must be 2 or more: what is asked must not have been learnt; received 1.");
  list(labels, "labels");
  if (typeof answer !== "function") reject("answer", "a function of training and test rows that gives a label for each test row", answer);
  const byLabel = new Map<Label, number[]>();
  for (const [row, label] of labels.entries()) {
    const rows = byLabel.get(label);
    if (rows) rows.push(row);
    else byLabel.set(label, [row]);
  }
  const random = new Random(seed);
  const groups = [...byLabel.values()].map((rows) => shuffled(rows, random));
  const asked = groups.reduce((sum, { length }) => sum + (length > 1 ? length : 0), 0);
  if (asked === 0)
    throw new InvalidArgumentError(
      `\`labels\` must have a label with two rows or more; received ${groups.length} labels with one at most.`,
    );
  // Each label's rows go round the folds from where the last label's ended, so that folds are of about one size.
  const foldOf = new Map<number, number>();
  let next = 0;
  for (const rows of groups) if (rows.length > 1) for (const row of rows) foldOf.set(row, next++ % folds);

  const points: LearningCurvePoint[] = [];
  const answers = new Map<number, Label>(); // of the last share
  for (const [s, share] of shares.entries()) {
    let [right, learnt, done] = [0, 0, 0];
    for (let fold = 0; fold < folds; fold++) {
      const test = [...foldOf].flatMap(([row, own]) => (own === fold ? [row] : []));
      if (test.length === 0) continue;
      const train = groups.flatMap((rows) => {
        const others = rows.filter((row) => foldOf.get(row) !== fold);
        return others.slice(0, Math.ceil(share * others.length - 1e-9));
      });
      const given = await answer(train, test);
      if (given.length !== test.length)
        throw new InvalidArgumentError(`\`answer\` must give a label for each of ${test.length} rows; received ${given.length}.`);
      for (const [i, row] of test.entries()) answers.set(row, given[i]!);
      right += test.filter((row, i) => given[i] === labels[row]).length;
      learnt += train.length;
      done++;
      onProgress?.({ phase: "measuring the learning curve", done: s * folds + fold + 1, total: shares.length * folds, unit: "fits" });
    }
    points.push({ ...wilsonInterval(right, asked), share, examples: learnt / done });
  }
  const errors = new Map(points.map(({ share, value }) => [share, 1 - value]));
  const after = (half: number | undefined, all: number | undefined) => {
    if (half === undefined || all === undefined) return undefined;
    return all === 0 ? 1 : 1 - all * Math.min(1, all / half);
  };
  const reckoned = after(errors.get(0.25), errors.get(0.5));
  return {
    points,
    doubled: after(errors.get(0.5), errors.get(1)),
    labels: learned(byLabel, answers),
    check: reckoned === undefined || !errors.has(1) ? undefined : { reckoned, measured: 1 - errors.get(1)! },
  };
}

function learned<Label>(byLabel: ReadonlyMap<Label, readonly number[]>, answers: ReadonlyMap<number, Label>): LabelLearned<Label>[] {
  const taken = new Map<Label, number>();
  const all = [...byLabel].map(([label, rows]) => {
    const wrong = rows.filter((row) => answers.has(row) && answers.get(row) !== label);
    for (const row of wrong) taken.set(answers.get(row)!, (taken.get(answers.get(row)!) ?? 0) + 1);
    return { label, examples: rows.length, missed: wrong.length };
  });
  return all.map((one) => ({ ...one, taken: taken.get(one.label) ?? 0 })).sort((a, b) => b.missed - a.missed || b.taken - a.taken);
}

function shuffled(rows: readonly number[], random: Random): number[] {
  const out = [...rows];
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

function ascendingShares(value: unknown, argument: string): void {
  const right = Array.isArray(value) && value.length > 0 && value.every((share, i) => share > (value[i - 1] ?? 0) && share <= 1);
  if (!right)
    throw new InvalidArgumentError(
      `\`${argument}\` must be a list of ascending numbers above 0, up to 1; received ${JSON.stringify(value)}.`,
    );
}
