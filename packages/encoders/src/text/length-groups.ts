/** A run costs about as much as computing this many tokens more. */
const runCost = 48;

/**
 * Parts texts into groups that are computed at once, so that little padding is: the longest first; a group ends when it holds `batch` texts,
 * or when the next text is so short that more than a tenth of the group, and more than a run of its own costs, would be padding.
 * @param lengths tokens of each text
 * @returns rows of each group, the longest text first
 */
export function lengthGroups(lengths: readonly number[], batch: number): number[][] {
  const rows = lengths.map((_, row) => row).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const groups: number[][] = [];
  let group: number[] = [];
  let tokens = 0;
  for (const row of rows) {
    const longest = group.length === 0 ? lengths[row]! : lengths[group[0]!]!;
    const padded = longest * (group.length + 1);
    const padding = padded - tokens - lengths[row]!;
    if (group.length >= batch || padding > Math.max(0.1 * padded, runCost)) {
      groups.push(group);
      group = [];
      tokens = 0;
    }
    group.push(row);
    tokens += lengths[row]!;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
