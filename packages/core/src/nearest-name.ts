/**
 * The one of `names` that `wrong` was most likely meant to be, or undefined when none is near.
 * Near: an edit distance (insert, delete, replace, swap of neighbours; case ignored) of at most a third of the longer name, and at least one letter kept.
 */
export function nearestName(wrong: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance && distance <= Math.max(1, Math.floor(Math.max(name.length, wrong.length) / 3))) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** ` Did you mean "…"?` when a name is near, else the list of names; for the end of an error message. */
export function suggestion(wrong: string, names: Iterable<string>): string {
  const list = [...names];
  const near = nearestName(wrong, list);
  if (near !== undefined) return ` Did you mean "${near}"?`;
  const shown = list.slice(0, 20).map((name) => `"${name}"`);
  return shown.length === 0 ? "" : ` Known: ${shown.join(", ")}${list.length > 20 ? `, and ${list.length - 20} more` : ""}.`;
}

/** Optimal string alignment distance (Damerau–Levenshtein without repeated edits of one substring). */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replace, previous[j]! + 1, current[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, beforePrevious[j - 2]! + 1);
      current.push(least);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}
