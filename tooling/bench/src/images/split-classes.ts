import type { Random } from "@quaterion/core";

interface Labeled {
  readonly label: string;
}

/** Half of the classes, drawn at random, and the other half. */
export function splitClasses<Row extends Labeled>(rows: readonly Row[], random: Random): { seen: Row[]; asked: Row[] } {
  const classes = random.shuffle([...new Set(rows.map(({ label }) => label))].sort());
  const first = new Set(classes.slice(0, classes.length >> 1));
  return { seen: rows.filter(({ label }) => first.has(label)), asked: rows.filter(({ label }) => !first.has(label)) };
}

/** `count` rows of each class, drawn at random, and the rest. */
export function takeReferences<Row extends Labeled>(
  rows: readonly Row[],
  count: number,
  random: Random,
): { references: Row[]; rest: Row[] } {
  const taken = new Map<string, number>();
  const chosen = new Set<Row>();
  for (const row of random.shuffle([...rows])) {
    const already = taken.get(row.label) ?? 0;
    if (already === count) continue;
    taken.set(row.label, already + 1);
    chosen.add(row);
  }
  return { references: rows.filter((row) => chosen.has(row)), rest: rows.filter((row) => !chosen.has(row)) };
}
