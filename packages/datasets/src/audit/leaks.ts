import { nameOf, type TrainingData } from "@quaterion/core";
import { mapEntry } from "../map-entry.js";
import type { Leak, LeakedText, LeakKind } from "./report.js";
import type { Occurrence } from "./text-occurrences.js";

const textsShown = 20;

/** A test row and the nearest row of a training set; sets are numbers. */
export interface NearText {
  readonly train: number;
  readonly trainRow: number;
  readonly test: number;
  readonly testRow: number;
  readonly similarity: number;
}

/** A set with its name. */
export interface NamedSet {
  readonly name: string;
  readonly data: TrainingData<unknown>;
}

/**
 * Test rows that are in the training data, for each test set and each training set that share any; the most first.
 * @param groups occurrences of one text, the training sets' lists before the test sets'
 */
export function findLeaks(
  train: readonly NamedSet[],
  test: readonly NamedSet[],
  groups: Readonly<Record<"exact" | "normalized", readonly Occurrence[][]>>,
  near: readonly NearText[],
): Leak[] {
  const found = new Map<
    string,
    { train: number; test: number; rows: Map<number, { kind: LeakKind; trainRow: number; similarity?: number }> }
  >();
  const add = (t: number, u: number, row: number, kind: LeakKind, trainRow: number, similarity?: number) => {
    const { rows } = mapEntry(found, `${t},${u}`, () => ({ train: t, test: u, rows: new Map() }));
    if (!rows.has(row)) rows.set(row, { kind, trainRow, ...(similarity === undefined ? {} : { similarity }) });
  };
  for (const kind of ["exact", "normalized"] as const) {
    for (const group of groups[kind]) {
      const firstOf = new Map<number, number>();
      for (const { list, row } of group) if (list < train.length && !firstOf.has(list)) firstOf.set(list, row);
      if (firstOf.size === 0) continue;
      for (const { list, row } of group)
        if (list >= train.length) for (const [t, trainRow] of firstOf) add(t, list - train.length, row, kind, trainRow);
    }
  }
  for (const each of near) add(each.train, each.test, each.testRow, "near", each.trainRow, each.similarity);
  return [...found.values()]
    .map((entry): Leak => {
      const [from, to] = [train[entry.train]!, test[entry.test]!];
      const all = [...entry.rows].sort(([a, x], [b, y]) => order.indexOf(x.kind) - order.indexOf(y.kind) || a - b);
      const rowsOf = (...kinds: LeakKind[]) => all.flatMap(([row, { kind }]) => (kinds.includes(kind) ? [row] : [])).sort((a, b) => a - b);
      const rows = rowsOf("exact", "normalized");
      return {
        train: from.name,
        test: to.name,
        exact: rowsOf("exact").length,
        normalized: rows.length,
        rows,
        nearRows: rowsOf("near"),
        of: to.data.values.length,
        example: textOf(to.data.values[all[0]![0]]),
        texts: all.slice(0, textsShown).map(
          ([row, { kind, trainRow, similarity }]): LeakedText => ({
            kind,
            test: sample(to.data, row),
            train: sample(from.data, trainRow),
            ...(similarity === undefined ? {} : { similarity }),
          }),
        ),
      };
    })
    .sort((x, y) => y.normalized - x.normalized || y.exact - x.exact || y.nearRows.length - x.nearRows.length);
}

const order: readonly LeakKind[] = ["exact", "normalized", "near"];

function sample(data: TrainingData<unknown>, row: number): LeakedText["test"] {
  return { row, text: textOf(data.values[row]), labels: data.labelsOf(row).map(nameOf) };
}

/** A value as a report shows it. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (ArrayBuffer.isView(value)) return `(${value.constructor.name} of ${value.byteLength} bytes)`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value); // cycles and big integers have no JSON
  }
}
