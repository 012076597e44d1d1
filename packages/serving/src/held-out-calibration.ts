import {
  anything,
  checkOptions,
  type EmbeddingModel,
  InvalidDataError,
  type LabelId,
  shown,
  suggestion,
  type TrainingData,
} from "@quaterion/core";
import { innerProducts } from "@quaterion/search";
import { calibratedTemperature } from "./calibration.js";
import type { Decider } from "./decider.js";
import { encodedUnits } from "./encoded-units.js";
import { labeledItems, type ReferenceItem } from "./labeled-items.js";
import { rowsAt } from "./reference-folds.js";
import { type CalibrateOptions, ruleChecks } from "./reference-set-options.js";
import { conformalSimilarity } from "./refusal.js";

/** Fewer held-out inputs than this leave the temperature as it was: it would follow their chance. */
const fewest = 20;
const queriesAtOnce = 256;

/** What held-out inputs made of a label space. */
export interface HeldOutReport {
  /** Held-out inputs of a known class. */
  readonly inputs: number;
  /** Similarity to the nearest reference below which an input is refused; −∞: nothing is. */
  readonly threshold: number;
  readonly temperature: number;
}

/** What `ReferenceSet.calibrate` does: to each decider by the held-out inputs that have one of its labels. @returns what was found, by space */
export async function calibrateDeciders<Value>(
  deciders: readonly Decider[],
  model: EmbeddingModel<Value>,
  heldOut: TrainingData<Value> | readonly ReferenceItem<Value>[],
  options: CalibrateOptions,
): Promise<Readonly<Record<string, HeldOutReport>>> {
  checkOptions("calibrate", options, { refuse: ruleChecks.refuse, onProgress: anything, signal: anything });
  const { refuse = 0.05, onProgress, signal } = options;
  const items = labeledItems(heldOut);
  const values = items.map(({ value }) => value);
  const units = await encodedUnits(model, values, { role: "query", onProgress, signal });
  const labels = items.map((item) => item.labels);
  const known = new Set(deciders.flatMap(({ groups }) => groups.flat()));
  if (!labels.some((own) => own.some((label) => known.has(label))))
    throw new InvalidDataError(
      `No held-out input has a label of the references; received labels such as ${shown(labels[0]![0])}.${suggestion(labels[0]![0]!, [...known])}`,
    );
  const found: Record<string, HeldOutReport> = {};
  for (const decider of deciders) {
    const report = decider.groups.length > 0 ? calibrateDecider(decider, units, labels, refuse === false ? 0 : refuse) : undefined;
    if (report) found[decider.space ?? ""] = report;
  }
  return found;
}

/**
 * Sets a decider's temperature and refusal threshold by inputs that neither training nor the references have seen; those whose label no reference
 * has are passed over.
 * @param units `[inputs, dim]`, of length 1
 * @param labels label ids of each input
 * @param falseAlarms share of known inputs that may be refused; 0: nothing is refused
 * @returns undefined where no input has a label of the decider's: it stays as it was
 */
function calibrateDecider(
  decider: Decider,
  units: Float32Array,
  labels: readonly (readonly LabelId[])[],
  falseAlarms: number,
): HeldOutReport | undefined {
  const { dim, vectors } = decider.entries;
  const classOf = new Map(decider.groups.flatMap((group, c) => group.map((label) => [label, c] as const)));
  const rows: number[] = [];
  const classes: number[] = [];
  for (const [row, own] of labels.entries()) {
    const label = own.find((each) => classOf.has(each));
    if (label === undefined) continue;
    rows.push(row);
    classes.push(classOf.get(label)!);
  }
  if (rows.length === 0) return undefined;
  const queries = rowsAt(units, dim, rows);
  const similarities: number[] = [];
  for (let start = 0; start < queries.length; start += queriesAtOnce * dim) {
    const block = queries.subarray(start, start + queriesAtOnce * dim);
    const cosines = innerProducts(block, vectors, dim);
    const references = vectors.length / dim;
    for (let at = 0; at < cosines.length; at += references) {
      let highest = Number.NEGATIVE_INFINITY;
      for (let j = at; j < at + references; j++) if (cosines[j]! > highest) highest = cosines[j]!;
      similarities.push(highest);
    }
  }
  const classCount = decider.groups.length;
  const temperature =
    rows.length < fewest
      ? decider.settings.temperature
      : calibratedTemperature({ scores: decider.scorer.scores(queries), classes: Int32Array.from(classes), classCount });
  const threshold = falseAlarms > 0 ? conformalSimilarity(similarities, falseAlarms) : Number.NEGATIVE_INFINITY;
  decider.calibrate({ temperature, threshold });
  return { inputs: rows.length, threshold, temperature };
}
