import { NonFiniteError, type Random } from "@quaterion/core";
import { innerProducts } from "@quaterion/search";
import type { HeldOut } from "./calibration.js";
import type { DecisionRule, RuleReferences, Scorer } from "./rules/decision-rule.js";

/** Group of references that others are decided by, and that are not asked themselves. */
export const neverAsked = -1;

/** Rows of whole folds, until `enough` are held out. */
function heldOutRows(parts: Int32Array, enough: number): number[][] {
  const folds: number[][] = [];
  let done = 0;
  for (const [part, held] of grouped(parts.keys(), parts)) {
    if (done >= enough) break;
    if (part === neverAsked) continue;
    done += held.length;
    if (held.length < parts.length) folds.push(held);
  }
  return folds;
}

/**
 * Scores of each reference by each rule, fitted on the other folds. One fold is there at a time, with its cosines, and what rules share is fitted once.
 * @param parts fold of each reference
 * @param enough no further fold is taken once so many references were held out
 * @param onTrial told before a rule is tried on a fold
 * @throws {NonFiniteError} when a rule gives NaN
 */
export function foldScores(
  rules: readonly DecisionRule[],
  { vectors, dim, classes, classCount }: RuleReferences,
  parts: Int32Array,
  enough = Number.POSITIVE_INFINITY,
  onTrial?: (rule: DecisionRule, done: number, total: number) => void,
): HeldOut[] {
  const scores = rules.map(() => new Float32Array(classes.length * classCount).fill(Number.NEGATIVE_INFINITY));
  const counted = new Int32Array(classes.length).fill(-1);
  const folds = heldOutRows(parts, enough);
  // Rules that work in the space of the references ask for their inner products anew in each fold: they are parts of these.
  const gram = classes.length < dim && folds.length > 1 ? innerProducts(vectors, vectors, dim) : undefined;
  for (const [f, held] of folds.entries()) {
    const kept = [...classes.keys()].filter((i) => parts[i] !== parts[held[0]!]);
    const between = (rows: readonly number[]) => gram && cellsAt(gram, classes.length, rows, kept);
    const own = { vectors: rowsAt(vectors, dim, kept), dim, classes: Int32Array.from(kept, (i) => classes[i]!), classCount };
    const others = { ...own, gram: between(kept) };
    const queries = rowsAt(vectors, dim, held);
    const cosines = between(held) ?? innerProducts(queries, others.vectors, dim); // [held, others]
    const shared = new Map<string, Scorer>();
    for (const [r, rule] of rules.entries()) {
      onTrial?.(rule, f * rules.length + r, folds.length * rules.length);
      const found = rule.fit(others, { rough: true, shared }).scores(queries, cosines);
      // A comparison with NaN is false: such a rule would be passed over, or answer the first class, in silence.
      if (found.some(Number.isNaN))
        throw new NonFiniteError(
          `Rule "${rule.name}" gives NaN as a score of references it was not fitted on. A rule must give a number for each class, or −∞ for a class without references.`,
        );
      for (const [k, i] of held.entries()) scores[r]!.set(found.subarray(k * classCount, (k + 1) * classCount), i * classCount);
    }
    const present = new Set(others.classes);
    for (const i of held) if (present.has(classes[i]!)) counted[i] = classes[i]!;
  }
  return scores.map((own) => ({ scores: own, classes: counted, classCount }));
}

/** Rows of a matrix, copied. */
export function rowsAt(matrix: Float32Array, dim: number, rows: readonly number[]): Float32Array {
  const out = new Float32Array(rows.length * dim);
  for (const [k, i] of rows.entries()) out.set(matrix.subarray(i * dim, (i + 1) * dim), k * dim);
  return out;
}

/** Cells of some rows and columns of a matrix, copied. */
function cellsAt(matrix: Float32Array, width: number, rows: readonly number[], columns: readonly number[]): Float32Array {
  const out = new Float32Array(rows.length * columns.length);
  for (const [k, i] of rows.entries()) {
    const [from, to] = [i * width, k * columns.length];
    for (let c = 0; c < columns.length; c++) out[to + c] = matrix[from + columns[c]!]!;
  }
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
