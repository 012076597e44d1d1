import {
  checkOptions,
  InvalidArgumentError,
  type LabelId,
  type LabelNeighbors,
  labelId,
  nonEmptyString,
  positiveInteger,
  reject,
  shown,
  spaceOf,
  suggestion,
  type TrainingData,
} from "@quaterion/core";
import { centroidSimilarities, labelCentroids } from "./label-centroids.js";
import { mapEntry } from "./map-entry.js";
import { checkEmbeddings } from "./suspected-aliases.js";
import { checkTrainingData, partsOf, trainingData } from "./training-data.js";

/** Neighbours of labels, nearest first, by label id. */
export type NeighborLists = LabelNeighbors["of"];

export interface WithNeighborsOptions {
  /** How many labels come into a batch together: one and up to so many less one of its neighbours. Default 4. */
  together?: number | undefined;
}

/**
 * The same data, of which labels that are neighbours come into batches together: what is hard to tell apart is seen side by side.
 * @param neighbors made by {@link confusedLabels}, {@link nearestLabels} or {@link siblingLabels}, or by hand
 * @throws {InvalidArgumentError} when a label is not in the data (the message names the nearest), or a neighbour is of another space
 */
export function withNeighbors<Value>(
  data: TrainingData<Value>,
  neighbors: NeighborLists,
  options: WithNeighborsOptions = {},
): TrainingData<Value> {
  checkTrainingData(data);
  checkOptions("withNeighbors", options, { together: positiveInteger });
  const { together = 4 } = options;
  if (together < 2) throw new InvalidArgumentError("`withNeighbors.together` must be 2 or more; received 1, a label without neighbours.");
  if (typeof neighbors !== "object" || neighbors === null)
    throw new InvalidArgumentError(
      `\`neighbors\` must be an object of label ids, { "banking/a": ["banking/b"] }; received ${shown(neighbors)}.`,
    );
  const known = new Set(data.spaces.flatMap(({ name, labels }) => labels.map((label) => labelId(name, label))));
  for (const [label, near] of Object.entries(neighbors)) {
    if (!Array.isArray(near))
      throw new InvalidArgumentError(`\`neighbors["${label}"]\` must be an array of label ids; received ${shown(near)}.`);
    for (const id of [label, ...near]) {
      if (!known.has(id))
        throw new InvalidArgumentError(`\`neighbors\` names a label that the data does not have: ${shown(id)}.${suggestion(id, known)}`);
      if (spaceOf(id) !== spaceOf(label))
        throw new InvalidArgumentError(
          `\`neighbors["${label}"]\` has ${shown(id)}, which is of another label space: expected labels of "${spaceOf(label)}".`,
        );
    }
  }
  const parts = partsOf(data);
  return trainingData({ ...parts, sampling: { ...parts.sampling, neighbors: { together, of: neighbors } } });
}

/**
 * The labels that each label is most often taken for, or that are taken for it, most often first: a confusion estimate.
 * @param answers what samples are, and what they were taken for; answers that are right, or of another space, are passed over
 */
export function confusedLabels(answers: Iterable<{ readonly truth: LabelId; readonly answer: LabelId }>): NeighborLists {
  const counts = new Map<LabelId, Map<LabelId, number>>();
  const add = (a: LabelId, b: LabelId) => {
    const others = mapEntry(counts, a, () => new Map<LabelId, number>());
    others.set(b, (others.get(b) ?? 0) + 1);
  };
  if (typeof answers?.[Symbol.iterator] !== "function" || typeof answers === "string")
    reject("answers", "a list of { truth, answer }", answers);
  let at = 0;
  for (const { truth, answer } of answers) {
    for (const [name, id] of Object.entries({ truth, answer })) nonEmptyString(id, `answers[${at}].${name}`);
    at++;
    if (truth === answer || spaceOf(truth) !== spaceOf(answer)) continue;
    add(truth, answer);
    add(answer, truth);
  }
  const sorted = (others: Map<LabelId, number>) => [...others].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([label]) => label);
  return Object.fromEntries([...counts].map(([label, others]) => [label, sorted(others)]));
}

/**
 * The labels of the same space whose centroids are nearest to each label's (cosine), nearest first: a confusion estimate before training.
 * @param embeddings a vector of each row, `[rows, dim]`, row-major
 */
export function nearestLabels(
  data: TrainingData<unknown>,
  embeddings: Float32Array,
  options: { /** Neighbours of each label at most; default 10. */ neighbors?: number } = {},
): NeighborLists {
  checkTrainingData(data);
  checkOptions("nearestLabels", options, { neighbors: positiveInteger });
  if (checkEmbeddings(embeddings, "embeddings", data.values.length) === undefined)
    throw new InvalidArgumentError("`embeddings` is missing: expected a Float32Array with a vector for each row.");
  const of: Record<LabelId, LabelId[]> = {};
  for (const space of partsOf(data).spaces) {
    const count = space.labels.length;
    const centroids = labelCentroids(space, embeddings);
    const similarities = centroidSimilarities(centroids, centroids, count, count);
    for (let c = 0; c < count; c++) {
      const others = Array.from({ length: count }, (_, other) => other).filter((other) => other !== c);
      others.sort((a, b) => similarities[c * count + b]! - similarities[c * count + a]! || a - b);
      of[labelId(space.name, space.labels[c]!)] = others
        .slice(0, options.neighbors ?? 10)
        .map((other) => labelId(space.name, space.labels[other]!));
    }
  }
  return of;
}

/**
 * The labels that lie within the same broader label (`narrower`, declared or found by `labeled`): batches of a hierarchy, P broader labels ×
 * `together` labels within each × K samples. Of several broader labels, those within the one that holds fewest come first.
 * @throws {InvalidArgumentError} when no label of the data lies within another
 */
export function siblingLabels(data: TrainingData<unknown>): NeighborLists {
  checkTrainingData(data);
  const within = new Map<string, LabelId[]>();
  for (const [fine, coarse] of data.relations.declarations.narrower ?? [])
    mapEntry(within, `${spaceOf(fine)}\n${coarse}`, (): LabelId[] => []).push(fine);
  if (within.size === 0)
    throw new InvalidArgumentError(
      "No label of the data lies within another: give `labeled` several columns of labels, or declare `narrower`.",
    );
  const of: Record<LabelId, LabelId[]> = {};
  const families = [...within.values()].map((labels) => [...new Set(labels)].sort());
  for (const sorted of families.sort((a, b) => a.length - b.length)) {
    for (const label of sorted) of[label] = [...new Set([...(of[label] ?? []), ...sorted.filter((other) => other !== label)])];
  }
  return of;
}
