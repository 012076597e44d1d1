import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { EmbeddingModel, TrainingData } from "@quaterion/core";
import { readCsv } from "@quaterion/datasets";
import { type OutOfScope, outOfScope } from "@quaterion/evaluation";
import { type Answer, ReferenceSet } from "@quaterion/serving";
import { combined, readTexts, type Task } from "./label-sets.js";

/** A set with texts that none of its labels fits. */
export interface ScopeSet {
  readonly name: string;
  /** `oos_test.csv` */
  readonly unknown: readonly string[];
  /** `valid.csv`: known texts that are neither trained on nor asked. */
  readonly heldOut?: TrainingData<string>;
}

/** How well a model tells known texts of a set from the others. */
export interface ScopeFigures {
  /** By the similarity to the nearest reference, which is what refuses; with the threshold that the references alone gave. */
  readonly similarity: OutOfScope;
  /** By the probability of the likeliest label. */
  readonly probability: OutOfScope;
  /** By the similarity, with the threshold that `calibrate` set by held-out texts. */
  readonly calibrated?: OutOfScope;
}

/** Those of the folders that have an `oos_test.csv`. */
export async function scopeSets(folders: readonly string[]): Promise<ScopeSet[]> {
  const found = folders.filter((folder) => existsSync(join(folder, "oos_test.csv")));
  if (found.length === 0)
    throw new Error("--out-of-scope: none of the folders of --data has an oos_test.csv, texts (column `text`) that no label fits.");
  return Promise.all(
    found.map(async (folder) => {
      const heldOut = join(folder, "valid.csv");
      const rows = await readCsv(join(folder, "oos_test.csv"), { columns: ["text"] });
      return {
        name: basename(resolve(folder)),
        unknown: rows.map(({ text }) => text!),
        ...(existsSync(heldOut) && { heldOut: await readTexts(heldOut, "label") }),
      };
    }),
  );
}

/** Asks a model, whose references are the set's training texts, the known test texts and the unknown ones. */
export async function scopeFigures(model: EmbeddingModel<string>, task: Task, set: ScopeSet, seed: number): Promise<ScopeFigures> {
  const space = set.name;
  const references = await ReferenceSet.from(model, combined(task.train, [space]), { seed });
  const known = await references.classifyMany(task.test[space]!.values, { space });
  const unknown = await references.classifyMany(set.unknown, { space });
  const by = (score: (answer: Answer) => number, threshold?: number) => outOfScope(known.map(score), unknown.map(score), threshold);
  const similarity = by((answer) => answer.similarity, references.rules[space]!.threshold);
  const probability = by((answer) => answer.probability);
  if (!set.heldOut) return { similarity, probability };
  const { threshold } = (await references.calibrate(combined({ [space]: set.heldOut })))[space]!;
  return { similarity, probability, calibrated: by((answer) => answer.similarity, threshold) };
}

/** A table of models, each with its figures by seed. */
export function scopeTable(task: string, set: string, rows: readonly { model: string; figures: readonly ScopeFigures[] }[]): string {
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const cell = (figures: readonly (number | undefined)[]) =>
    figures.some((figure) => figure === undefined) ? "–" : (100 * mean(figures as number[])).toFixed(1);
  const refused = (of: (figures: ScopeFigures) => OutOfScope | undefined, figures: readonly ScopeFigures[]) =>
    (["known", "unknown"] as const).map((side) => cell(figures.map((one) => of(one)?.refused?.[side].value))).join(" / ");
  const lines = rows.map(({ model, figures }) =>
    [
      model,
      cell(figures.map(({ similarity }) => similarity.auroc)),
      cell(figures.map(({ similarity }) => similarity.fprAt95)),
      cell(figures.map(({ probability }) => probability.auroc)),
      cell(figures.map(({ probability }) => probability.fprAt95)),
      refused(({ similarity }) => similarity, figures),
      refused(({ calibrated }) => calibrated, figures),
    ].join(" | "),
  );
  return [
    `**${task}**: texts that no label of ${set} fits, in %`,
    "",
    "| | AUROC, similarity | unknown that pass where 95 % of the known do | AUROC, probability | the same | known / unknown refused | after `calibrate` |",
    "|---|---|---|---|---|---|---|",
    ...lines.map((line) => `| ${line} |`),
  ].join("\n");
}
