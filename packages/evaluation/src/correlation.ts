import { InvalidArgumentError, list, shown } from "@quaterion/core";
import { meanRanks } from "./mean-ranks.js";

/**
 * Pearson's correlation of two lists of numbers: the cosine of what they are beside their means, −1 to 1.
 *
 * Σ (a − ā)(b − b̄) / √(Σ (a − ā)² Σ (b − b̄)²). Pearson, "Note on regression and inheritance in the case of two parents", 1895.
 * @throws {InvalidArgumentError} when the lists differ in length, hold fewer than two numbers, NaN or infinity, or one number only: then there is no correlation
 */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkPairs(a, b);
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb)));
}

/**
 * Spearman's rank correlation: {@link pearson} of the ranks, equal numbers sharing the mean of theirs. What graded sentence pairs (STS) are compared by.
 *
 * Spearman, "The proof and measurement of association between two things", 1904.
 * @throws {InvalidArgumentError} as {@link pearson}
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkPairs(a, b);
  return pearson(meanRanks(a), meanRanks(b));
}

/**
 * Kendall's rank correlation τ-b: pairs in the same order in both lists less those in opposite orders, over the geometric mean of the pairs that are not tied in
 * either. In O(n log n).
 *
 * Kendall, "The treatment of ties in ranking problems", Biometrika 1945; Knight, "A computer method for calculating Kendall's tau with ungrouped data", JASA 1966.
 * @throws {InvalidArgumentError} as {@link pearson}
 */
export function kendall(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkPairs(a, b);
  const order = Array.from({ length: a.length }, (_, i) => i).sort((i, j) => a[i]! - a[j]! || b[i]! - b[j]!);
  const tied = (same: (i: number, j: number) => boolean, sorted: readonly number[]): number => {
    let [pairs, run] = [0, 0];
    for (let k = 1; k < sorted.length; k++) {
      run = same(sorted[k]!, sorted[k - 1]!) ? run + 1 : 0;
      pairs += run;
    }
    return pairs;
  };
  const all = (a.length * (a.length - 1)) / 2;
  const inA = tied((i, j) => a[i] === a[j], order);
  const inBoth = tied((i, j) => a[i] === a[j] && b[i] === b[j], order);
  const opposite = inversions(Float64Array.from(order, (i) => b[i]!));
  const inB = tied(
    (i, j) => b[i] === b[j],
    order.toSorted((i, j) => b[i]! - b[j]!),
  );
  const value = (all - inA - inB + inBoth - 2 * opposite) / Math.sqrt((all - inA) * (all - inB));
  return Math.max(-1, Math.min(1, value));
}

/** Pairs of numbers of which the earlier is the larger; sorts the numbers on the way. */
function inversions(numbers: Float64Array): number {
  if (numbers.length < 2) return 0;
  const middle = numbers.length >> 1;
  const [left, right] = [numbers.slice(0, middle), numbers.slice(middle)];
  let count = inversions(left) + inversions(right);
  let [l, r] = [0, 0];
  for (let k = 0; k < numbers.length; k++) {
    if (r === right.length || (l < left.length && left[l]! <= right[r]!)) numbers[k] = left[l++]!;
    else {
      count += left.length - l;
      numbers[k] = right[r++]!;
    }
  }
  return count;
}

function mean(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]!;
  return sum / numbers.length;
}

function checkPairs(a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (list(a, "a").length !== list(b, "b").length || a.length < 2)
    throw new InvalidArgumentError(`\`a\` and \`b\` must hold as many numbers, two or more; received ${a.length} and ${b.length}.`);
  for (const [name, numbers] of [["a", a] as const, ["b", b] as const]) {
    let differ = false;
    for (let i = 0; i < numbers.length; i++) {
      if (!Number.isFinite(numbers[i]))
        throw new InvalidArgumentError(`\`${name}[${i}]\` must be a finite number; received ${shown(numbers[i])}.`);
      differ ||= numbers[i] !== numbers[0];
    }
    if (!differ)
      throw new InvalidArgumentError(
        `\`${name}\` must hold numbers that differ: with all ${numbers.length} equal to ${numbers[0]} there is no correlation.`,
      );
  }
}
