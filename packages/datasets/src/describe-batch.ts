import { type Batch, type LabelId, reject, shown, type TrainingData } from "@quaterion/core";
import { mapEntry } from "./map-entry.js";
import { checkTrainingData } from "./training-data.js";

/** Labels, and values, that are written out. */
const written = { labels: 12, values: 3 };

/**
 * What a batch holds, in words for a person: where it is from, how many samples of each label with a few of their values, and how many pairs are
 * similar, dissimilar and unknown, as training will read them.
 */
export function describeBatch(data: TrainingData<unknown>, batch: Batch): string {
  checkTrainingData(data);
  if (!batch?.rows) reject("batch", "a batch with `rows` (made by a sampler of the data)", batch);
  const { rows, candidates, space, view, unknown, scores, teacherScores, pairClasses } = batch;
  const columns = candidates ?? rows;
  const extras = { scores, "a teacher's scores": teacherScores, "classes of pairs": pairClasses };
  const known = Object.entries(extras).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const from = space !== undefined ? `of "${space}"` : candidates ? "of given pairs" : "of several label spaces";
  const lines = [
    `${rows.length} rows ${from}${view === undefined ? "" : `, read as "${view}" alone sees them`}` +
      `${candidates ? `, with ${candidates.length} candidates` : ""}${known.length > 0 ? `, with ${known.join(", ")}` : ""}`,
  ];
  const block = data.relations.block(rows, columns, { view, unknown });
  const counts = { similar: 0, dissimilar: 0, unknown: 0 };
  for (let i = 0; i < block.length; i++) {
    if (rows[Math.floor(i / columns.length)] === columns[i % columns.length]) continue;
    counts[block[i] === 1 ? "similar" : block[i] === -1 ? "dissimilar" : "unknown"]++;
  }
  lines.push(`${counts.similar} similar, ${counts.dissimilar} dissimilar and ${counts.unknown} unknown pairs of a row and a candidate`);
  const byLabel = new Map<LabelId | "", number[]>();
  for (const row of rows) {
    const labels = data.labelsOf(row).filter((label) => space === undefined || label.startsWith(`${space}/`));
    for (const label of labels.length > 0 ? labels : ([""] as const)) mapEntry(byLabel, label, (): number[] => []).push(row);
  }
  const valuesOf = (list: readonly number[]) =>
    list
      .slice(0, written.values)
      .map((row) => shown(data.values[row]))
      .join(", ") + (list.length > written.values ? ", …" : "");
  for (const [label, list] of [...byLabel].slice(0, written.labels))
    lines.push(`  ${label === "" ? "(no label)" : label} × ${list.length}: ${valuesOf(list)}`);
  if (byLabel.size > written.labels) lines.push(`  … and ${byLabel.size - written.labels} more labels`);
  return lines.join("\n");
}
