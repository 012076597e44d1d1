import { NonFiniteError, type Random } from "@quaterion/core";
import { innerProducts } from "@quaterion/search";
import type { HeldOut } from "./calibration.js";
import type { DecisionRule, RuleReferences } from "./rules/decision-rule.js";

/** Group of references that others are decided by, and that are not asked themselves. */
export const neverAsked = -1;

/** References that are held out, and the others, which decide them. */
interface Fold {
  readonly held: readonly number[];
  readonly training: RuleReferences;
  /** Vectors of the held out, `[held, dim]`, and their cosines with the others, `[held, others]`. */
  readonly queries: Float32Array;
  readonly cosines: Float32Array;
}

/** Whole folds, until `enough` references are held out. */
export function foldsOf(
  { vectors, dim, classes, classCount }: RuleReferences,
  parts: Int32Array,
  enough = Number.POSITIVE_INFINITY,
): Fold[] {
  const folds: Fold[] = [];
  let done = 0;
  for (const [part, held] of grouped(classes.keys(), parts)) {
    if (done >= enough) break;
    if (part === neverAsked) continue;
    done += held.length;
    const kept = [...classes.keys()].filter((i) => parts[i] !== part);
    if (kept.length === 0) continue;
    const others = { vectors: rowsAt(vectors, dim, kept), dim, classes: Int32Array.from(kept, (i) => classes[i]!), classCount };
    const queries = rowsAt(vectors, dim, held);
    folds.push({ held, training: others, queries, cosines: innerProducts(queries, others.vectors, dim) });
  }
  return folds;
}

/** Scores of each reference that is held out in a fold, by a rule that was fitted on the others. */
export function foldScores(rule: DecisionRule, references: RuleReferences, folds: readonly Fold[]): HeldOut {
  const { classes, classCount } = references;
  const scores = new Float32Array(classes.length * classCount).fill(Number.NEGATIVE_INFINITY);
  const counted = new Int32Array(classes.length).fill(-1);
  for (const { held, training, queries, cosines } of folds) {
    const scorer = rule.fit(training, { rough: true });
    const found = scorer.scores(queries, cosines);
    // A comparison with NaN is false: such a rule would be passed over, or answer the first class, in silence.
    if (found.some(Number.isNaN))
      throw new NonFiniteError(
        `Rule "${rule.name}" gives NaN as a score of references it was not fitted on. A rule must give a number for each class, or −∞ for a class without references.`,
      );
    const present = new Set(training.classes);
    for (const [k, i] of held.entries()) {
      scores.set(found.subarray(k * classCount, (k + 1) * classCount), i * classCount);
      if (present.has(classes[i]!)) counted[i] = classes[i]!;
    }
  }
  return { scores, classes: counted, classCount };
}

/** Rows of a matrix, copied. */
export function rowsAt(matrix: Float32Array, dim: number, rows: readonly number[]): Float32Array {
  const out = new Float32Array(rows.length * dim);
  for (const [k, i] of rows.entries()) out.set(matrix.subarray(i * dim, (i + 1) * dim), k * dim);
  return out;
}

/** Fold numbers: each class spread evenly over the folds, groups kept together; −1 for what is never asked. */
export function stratifiedFolds(classes: Int32Array, folds: number, random: Random, groups?: Int32Array): Int32Array {
  const order = random.shuffle([...classes.keys()]).sort((a, b) => classes[a]! - classes[b]!);
  const parts = new Int32Array(classes.length).fill(-1);
  const partOfGroup = new Map<number, number>();
  let next = 0;
  for (const i of order) {
    const group = groups?.[i];
    if (group === neverAsked) continue; // in no fold
    const known = group === undefined ? undefined : partOfGroup.get(group);
    parts[i] = known ?? next++ % folds;
    if (group !== undefined) partOfGroup.set(group, parts[i]!);
  }
  return parts;
}

/** Rows by their number. */
export function grouped(rows: Iterable<number>, numbers: Int32Array): Map<number, number[]> {
  const out = new Map<number, number[]>();
  for (const i of rows) {
    const list = out.get(numbers[i]!);
    if (list) list.push(i);
    else out.set(numbers[i]!, [i]);
  }
  return out;
}
