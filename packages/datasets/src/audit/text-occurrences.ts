import { contentOf } from "../value-ids.js";

/** Where a value occurs: which list of values, and which row of it. */
export interface Occurrence {
  readonly list: number;
  readonly row: number;
}

/** Values that occur more than once in any of the lists, by what `keyOf` makes of them; values without a key are passed over. */
export function repeatedValues(
  lists: readonly (readonly unknown[])[],
  keyOf: (value: unknown, list: number, row: number) => unknown,
): Occurrence[][] {
  const first = new Map<unknown, Occurrence | Occurrence[]>();
  const repeated: Occurrence[][] = [];
  for (const [list, values] of lists.entries()) {
    for (let row = 0; row < values.length; row++) {
      const key = keyOf(values[row], list, row);
      if (key === undefined) continue;
      const before = first.get(key);
      if (before === undefined) first.set(key, { list, row });
      else if (Array.isArray(before)) before.push({ list, row });
      else {
        const group = [before, { list, row }];
        first.set(key, group);
        repeated.push(group);
      }
    }
  }
  return repeated;
}

/** What makes two values equal: texts by their characters, vectors and bytes by theirs, records by their JSON. */
export function exactKey(value: unknown): unknown {
  return contentOf(value);
}

const plainAscii = /^[\0-\x7f]*$/;

/** A text without what seldom matters: case, punctuation, runs of spaces, compatibility forms (NFKC). Undefined for what is no text, or nothing but punctuation. */
export function normalizedText(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  // ASCII is its own compatibility form, and has a simpler list of signs: several times faster, and most texts are ASCII.
  const bare = plainAscii.test(value)
    ? value.toLowerCase().replace(/[!-/:-@[-`{-~]+/g, "")
    : value
        .normalize("NFKC")
        .toLowerCase()
        .replace(/[\p{P}\p{S}]+/gu, "");
  const plain = bare.replace(/\s+/gu, " ").trim();
  return plain === "" ? undefined : plain;
}
