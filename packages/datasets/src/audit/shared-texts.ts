import { type LabelId, spaceOf, type TrainingData } from "@quaterion/core";
import { mapEntry } from "../map-entry.js";
import type { AuditedRow, SharedTexts } from "./report.js";

const placesShown = 10;
const rowsShown = 4;
/** Labels of one text that are paired, at most: a text under thousands of labels ("ok") would make millions of pairs. */
const labelsPaired = 300;

/** The training data, and which set each of its rows is of. */
export interface AuditedRows {
  readonly data: TrainingData<unknown>;
  place(row: number): AuditedRow;
  textOf(row: number): string;
}

/**
 * Texts under two labels: of one space (`"same"`) or of two (`"other"`). A row's own labels are not compared.
 * @param groups rows of the data that have one text
 * @returns the pairs of labels, those with the most texts first, and how many texts there are in all (one text may be of several pairs)
 */
export function sharedTexts(
  { data, place, textOf }: AuditedRows,
  groups: readonly (readonly number[])[],
  spaces: "same" | "other",
): { pairs: SharedTexts[]; texts: number } {
  let texts = 0;
  const found = new Map<string, SharedTexts & { texts: number; places: { text: string; rows: AuditedRow[] }[] }>();
  for (const group of groups) {
    const rowsOf = new Map<LabelId, Set<number>>();
    for (const row of group) for (const label of data.labelsOf(row)) mapEntry(rowsOf, label, () => new Set<number>()).add(row);
    if (rowsOf.size < 2) continue;
    let shared = false;
    const labels = [...rowsOf.keys()].sort().slice(0, labelsPaired);
    for (const [i, a] of labels.entries()) {
      for (const b of labels.slice(i + 1)) {
        if ((spaceOf(a) === spaceOf(b)) !== (spaces === "same")) continue;
        const [ofA, ofB] = [rowsOf.get(a)!, rowsOf.get(b)!];
        if (ofA.size === 1 && ofB.size === 1 && ofA.has([...ofB][0]!)) continue;
        const entry = mapEntry(found, `${a}\n${b}`, () => ({ a, b, texts: 0, example: textOf(group[0]!), places: [] }));
        entry.texts++;
        shared = true;
        if (entry.places.length >= placesShown) continue;
        const rows = [...[...ofA].slice(0, rowsShown), ...[...ofB].slice(0, rowsShown)].map(place);
        entry.places.push({ text: textOf(group[0]!), rows });
      }
    }
    if (shared) texts++;
  }
  return { pairs: [...found.values()].sort((x, y) => y.texts - x.texts || (x.a < y.a ? -1 : 1)), texts };
}
