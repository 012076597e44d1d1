import type { LabelId, TrainingData } from "@quaterion/core";
import { spaceOf } from "@quaterion/core";
import type { SuspectedAlias } from "../suspected-aliases.js";
import type { AuditReport, SpaceBalance } from "./report.js";

/** How much of the rows and of the batches each label space is, the largest first. */
export function spaceBalance(data: TrainingData<unknown>, drownedBy: number): SpaceBalance[] {
  const spaces = data.spaces.filter(({ rows }) => rows.length > 0);
  const all = spaces.reduce((sum, { rows }) => sum + rows.length, 0);
  const weights = spaces.reduce((sum, { rows }) => sum + Math.sqrt(rows.length), 0);
  const largest = Math.max(...spaces.map(({ rows }) => rows.length));
  return spaces
    .map(({ name, rows }) => ({
      space: name,
      rows: rows.length,
      shareOfRows: rows.length / all,
      shareOfBatches: Math.sqrt(rows.length) / weights,
      outnumbered: largest / rows.length,
      drowned: largest >= drownedBy * rows.length,
    }))
    .sort((a, b) => b.rows - a.rows);
}

/** Pairs of a mixed batch that would be pushed apart wrongly, if suspected aliases mean the same. */
export function expectedFalseNegatives(
  data: TrainingData<unknown>,
  balance: readonly SpaceBalance[],
  aliases: readonly SuspectedAlias[],
  labelsPerBatch: number,
  samplesPerLabel: number,
): AuditReport["falseNegatives"] {
  const chance = new Map<string, number>();
  const samples: number[] = [];
  for (const { space, shareOfBatches } of balance) {
    const { labels } = data.spaces.find(({ name }) => name === space)!;
    chance.set(space, Math.min(1, (labelsPerBatch * shareOfBatches) / labels.length));
    samples.push(Math.min(labels.length, labelsPerBatch * shareOfBatches) * samplesPerLabel);
  }
  const of = (id: LabelId) => chance.get(spaceOf(id)) ?? 0;
  const perBatch = aliases.reduce((sum, { a, b }) => sum + of(a) * of(b) * samplesPerLabel ** 2, 0);
  const total = samples.reduce((sum, each) => sum + each, 0);
  const pairs = (total ** 2 - samples.reduce((sum, each) => sum + each ** 2, 0)) / 2;
  return { perBatch, of: pairs, labelsPerBatch, samplesPerLabel };
}
