import {
  anything,
  checkOptions,
  fraction,
  InvalidArgumentError,
  type OnProgress,
  positiveFiniteNumber,
  positiveInteger,
  type RelationDeclarations,
  shown,
  suggestion,
  type TrainingData,
} from "@quaterion/core";
import { combine } from "../combine.js";
import { declaredPairs } from "../declared-pairs.js";
import { checkEmbeddings, suspectedAliases } from "../suspected-aliases.js";
import { findLeaks, type NamedSet, textOf } from "./leaks.js";
import { nearTexts, neighborAudit } from "./neighbor-votes.js";
import type { AuditReport } from "./report.js";
import { type AuditedRows, sharedTexts } from "./shared-texts.js";
import { expectedFalseNegatives, spaceBalance } from "./space-balance.js";
import { spaceSizes, untrainedLabels } from "./space-sizes.js";
import { exactKey, normalizedText, type Occurrence, repeatedValues } from "./text-occurrences.js";

/** Data sets by name. */
export type NamedData = Readonly<Record<string, TrainingData<unknown>>>;

/** What an audit looks at. */
export interface AuditInput {
  train: NamedData;
  test?: NamedData;
}

/** A vector of each row of the sets, `[rows, dim]`, row-major, by the sets' names. */
export type NamedEmbeddings = Readonly<Record<string, Float32Array>>;

export interface AuditOptions {
  /** The batch that expected false negatives are counted for; default 64 × 4. */
  labelsPerBatch?: number | undefined;
  samplesPerLabel?: number | undefined;
  /** What is known about labels of different sets, as `combine` takes it: pairs that are declared, or follow from that, are not suspected any more. */
  relations?: RelationDeclarations | undefined;
  /** Labels with fewer training examples are listed; default 5. */
  fewExamples?: number | undefined;
  /** A label space is called drowned when the largest has at least so many times its rows; default 20. */
  drownedBy?: number | undefined;
  /** Vectors by one encoder: adds what can only be seen by meaning (texts that are nearly the same, labels that the neighbours dispute). */
  embeddings?: { train: NamedEmbeddings; test?: NamedEmbeddings } | undefined;
  /** Cosine from which two texts are called nearly the same; default 0.95. What it means depends on the encoder: look at the examples. */
  nearSimilarity?: number | undefined;
  /** Neighbours that vote on a row's label; default 5. */
  neighbors?: number | undefined;
  /** Share of them that must agree on another label; default 0.8. */
  agreement?: number | undefined;
  /** Rows of each set that are compared by vector, at most, at even distances; default 20,000. The time is rows compared × rows of the space. */
  mostQueries?: number | undefined;
  onProgress?: OnProgress | undefined;
}

/**
 * Looks over data sets before they are trained on: sizes, labels with few examples, texts that occur under several labels, test texts that are
 * in the training data, sets that others drown; with `embeddings` also texts that are nearly the same, and labels that a vote of the nearest
 * neighbours disputes. Nothing is changed or dropped. `formatAudit` makes a text of it, `auditPage` a page.
 * @throws {InvalidArgumentError} on a wrong option, or embeddings that do not fit the data
 */
export function auditData(input: AuditInput, options: AuditOptions = {}): AuditReport {
  checkOptions("auditData", options, {
    labelsPerBatch: positiveInteger,
    samplesPerLabel: positiveInteger,
    relations: anything,
    fewExamples: positiveInteger,
    drownedBy: positiveFiniteNumber,
    embeddings: anything,
    nearSimilarity: fraction,
    neighbors: positiveInteger,
    agreement: fraction,
    mostQueries: positiveInteger,
    onProgress: anything,
  });
  if (typeof input?.train !== "object" || input.train === null)
    throw new InvalidArgumentError(`\`auditData\` expects { train: { name: data }, test: { name: data } }; received ${shown(input)}.`);
  const { labelsPerBatch = 64, samplesPerLabel = 4, fewExamples = 5, drownedBy = 20, nearSimilarity = 0.95 } = options;
  const { neighbors = 5, agreement = 0.8, mostQueries = 20_000, onProgress } = options;
  const trainSets = namedSets(input.train, options.embeddings?.train, "train");
  const testSets = namedSets(input.test ?? {}, options.embeddings?.test, "test");
  const data = combine(input.train, { relations: options.relations, suspectIdenticalTexts: false });
  const testData = testSets.length > 0 ? combine(input.test!, { suspectIdenticalTexts: false }) : undefined;

  const lists = [...trainSets, ...testSets].map((set) => set.data.values);
  const normalized = lists.map((values) => values.map(normalizedText));
  const groups = {
    exact: repeatedValues(lists, exactKey),
    normalized: repeatedValues(normalized, (text) => text),
  };
  const rows = auditedRows(data, trainSets);
  const trainGroups = (kind: "exact" | "normalized") => rowGroups(groups[kind], trainSets);
  const sameText = trainGroups("normalized");

  const conflicts = sharedTexts(rows, sameText, "same");
  const vectors = wholeEmbeddings(trainSets);
  const isDeclared = declaredPairs(data);
  const aliases = suspectedAliases(data, { embeddings: vectors }).filter(({ a, b }) => !isDeclared(a, b));
  const balance = spaceBalance(data, drownedBy);
  const near = nearTexts(trainSets, testSets, { nearSimilarity, mostQueries, onProgress });
  return {
    version: 1,
    spaces: [...spaceSizes("train", data, fewExamples), ...(testData ? spaceSizes("test", testData, 1) : [])],
    fewExamples,
    untrained: testData ? untrainedLabels(data, testData) : [],
    balance,
    identical: { exact: sharedTexts(rows, trainGroups("exact"), "other").pairs, normalized: sharedTexts(rows, sameText, "other").pairs },
    conflicts: conflicts.pairs,
    conflictingTexts: conflicts.texts,
    leaks: findLeaks(trainSets, testSets, groups, near),
    aliases,
    falseNegatives: expectedFalseNegatives(data, balance, aliases, labelsPerBatch, samplesPerLabel),
    neighbors:
      vectors &&
      neighborAudit(rows, vectors, normalized.slice(0, trainSets.length).flat(), {
        nearSimilarity,
        neighbors,
        agreement,
        mostQueries,
        onProgress,
      }),
  };
}

type EmbeddedSet = NamedSet & { readonly embeddings?: Float32Array };

function namedSets(sets: NamedData, embeddings: NamedEmbeddings | undefined, side: "train" | "test"): EmbeddedSet[] {
  for (const name of Object.keys(embeddings ?? {})) {
    if (!Object.hasOwn(sets, name))
      throw new InvalidArgumentError(
        `\`auditData.embeddings.${side}\` names a set that \`${side}\` does not have: ${shown(name)}.${suggestion(name, Object.keys(sets))}`,
      );
  }
  for (const [name, data] of Object.entries(sets)) {
    if (!Array.isArray(data?.values) || typeof data.labelsOf !== "function")
      throw new InvalidArgumentError(
        `\`auditData.${side}.${name}\` must be training data (made by \`labeled\`, \`pairs\`, …), by the set's name: { ${side}: { banking: … } }; received ${shown(data)}.`,
      );
  }
  return Object.entries(sets).map(([name, data]) => ({
    name,
    data,
    embeddings: checkEmbeddings(embeddings?.[name], `auditData.embeddings.${side}.${name}`, data.values.length),
  }));
}

/** Rows of the combined training data follow each other in the order of the sets. */
function auditedRows(data: TrainingData<unknown>, sets: readonly NamedSet[]): AuditedRows {
  const offsets = offsetsOf(sets);
  return {
    data,
    place(row) {
      let list = sets.length - 1;
      while (offsets[list]! > row) list--;
      return { set: sets[list]!.name, row: row - offsets[list]! };
    },
    textOf: (row) => textOf(data.values[row]),
  };
}

function offsetsOf(sets: readonly NamedSet[]): number[] {
  let sum = 0;
  return sets.map(({ data }) => {
    sum += data.values.length;
    return sum - data.values.length;
  });
}

/** Rows of the combined training data that have one text. */
function rowGroups(groups: readonly Occurrence[][], sets: readonly NamedSet[]): number[][] {
  const offsets = offsetsOf(sets);
  return groups.flatMap((group) => {
    const rows = group.flatMap(({ list, row }) => (list < sets.length ? [offsets[list]! + row] : []));
    return rows.length > 1 ? [rows] : [];
  });
}

/** One matrix for all training rows, where every set has vectors, of one length. */
function wholeEmbeddings(sets: readonly EmbeddedSet[]): Float32Array | undefined {
  const given = sets.filter(({ embeddings }) => embeddings);
  if (given.length === 0) return undefined;
  if (given.length < sets.length) {
    const missing = sets.find(({ embeddings }) => !embeddings)!.name;
    throw new InvalidArgumentError(
      `\`auditData.embeddings.train\` has vectors for some sets and none for "${missing}": give all of them, or none.`,
    );
  }
  const dims = sets.map(({ embeddings, data }) => embeddings!.length / data.values.length);
  const odd = dims.findIndex((dim) => dim !== dims[0]);
  if (odd > 0)
    throw new InvalidArgumentError(
      `\`auditData.embeddings.train\` must be of one encoder: "${sets[0]!.name}" has ${dims[0]} numbers a row, "${sets[odd]!.name}" ${dims[odd]}.`,
    );
  const whole = new Float32Array(sets.reduce((sum, { embeddings }) => sum + embeddings!.length, 0));
  let at = 0;
  for (const { embeddings } of sets) {
    whole.set(embeddings!, at);
    at += embeddings!.length;
  }
  return whole;
}
