/**
 * Spearman's rank correlation: Pearson's correlation of the ranks, equal numbers sharing the mean of theirs. −1 to 1; NaN where one side has one number only.
 * Spearman, "The proof and measurement of association between two things", 1904.
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`Ranks are compared pair by pair: received ${a.length} and ${b.length} numbers.`);
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (a.length - 1) / 2; // ranks count from 0, and ties keep their mean
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [dx, dy] = [x[i]! - middle, y[i]! - middle];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}

function ranks(numbers: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: numbers.length }, (_, i) => i).sort((a, b) => numbers[a]! - numbers[b]!);
  const ranks = new Float64Array(numbers.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && numbers[order[to + 1]!] === numbers[order[from]!]) to++;
    for (let k = from; k <= to; k++) ranks[order[k]!] = (from + to) / 2;
    from = to + 1;
  }
  return ranks;
}
