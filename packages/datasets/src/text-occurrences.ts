/** Where a text occurs: which list of values, and which row of it. */
export interface Occurrence {
  readonly list: number;
  readonly row: number;
}

/** Values that occur more than once in any of the lists, by what `keyOf` makes of them; values without a key are passed over. */
export function repeatedValues(lists: readonly (readonly unknown[])[], keyOf: (value: unknown) => unknown): Occurrence[][] {
  const first = new Map<unknown, Occurrence>();
  const repeated = new Map<unknown, Occurrence[]>();
  for (const [list, values] of lists.entries()) {
    for (let row = 0; row < values.length; row++) {
      const key = keyOf(values[row]);
      if (key === undefined) continue;
      const before = first.get(key);
      if (before === undefined) first.set(key, { list, row });
      else {
        const group = repeated.get(key);
        if (group) group.push({ list, row });
        else repeated.set(key, [before, { list, row }]);
      }
    }
  }
  return [...repeated.values()];
}

/** A text without what seldom matters: case, punctuation, runs of spaces, compatibility forms (NFKC). Undefined for what is no text, or nothing but punctuation. */
export function normalizedText(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const plain = value
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\p{P}\p{S}]+/gu, "")
    .replace(/\s+/gu, " ")
    .trim();
  return plain === "" ? undefined : plain;
}
