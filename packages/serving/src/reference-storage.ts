import { type EmbeddingModel, IncompatibleError, type Json, type LabelId, shown, suggestion } from "@quaterion/core";
import { defaultRules, type RuleResult } from "./choose-rule.js";
import { Decider } from "./decider.js";
import { type ReferenceChange, ReferenceList } from "./reference-list.js";
import type { ReferenceSet } from "./reference-set.js";
import { centroids } from "./rules/centroids.js";
import type { DecisionRule } from "./rules/decision-rule.js";
import { type LogisticOptions, logistic } from "./rules/logistic.js";
import { type LogisticVoteOptions, logisticVote } from "./rules/logistic-vote.js";
import { nearest } from "./rules/nearest.js";
import { type ShrunkCentroidsOptions, shrunkCentroids } from "./rules/shrunk-centroids.js";
import { type VoteOptions, vote } from "./rules/vote.js";

/** Version of the layout that this code writes; it reads no other. */
export const referencesVersion = 1;

/** What `references.json` holds. */
export interface StoredReferences {
  readonly format: "quaterion-references";
  readonly version: number;
  /** How often it was saved, and a name of this very state. */
  readonly saved: number;
  readonly revision: string;
  /** Fingerprint of the model that made the vectors. */
  readonly fingerprint: string;
  readonly dim: number;
  /** Also what was removed, so that `undo` can bring it back; row i of the vectors belongs to reference i. */
  readonly references: readonly {
    readonly id: string;
    readonly labels: readonly LabelId[];
    readonly value?: Json;
    readonly name?: true;
    readonly removed?: true;
  }[];
  readonly history: readonly ReferenceChange[];
  readonly same: readonly (readonly [LabelId, LabelId])[];
  readonly deciders: readonly StoredDecider[];
}

interface StoredDecider {
  /** Null: all spaces. */
  readonly space: string | null;
  readonly rule: { readonly name: string; readonly options: Json };
  readonly temperature: number;
  /** Null: nothing is refused. */
  readonly threshold: number | null;
  readonly table: readonly {
    readonly rule: string;
    readonly options: Json;
    readonly accuracy: number | null;
    readonly logLikelihood: number | null;
    readonly temperature: number;
  }[];
  /** Classes whose starts lie in the file of starts, in order; a start is `dim` numbers. */
  readonly starts: readonly LabelId[];
}

/** A reference set in pieces that any storage can hold. */
export interface PackedReferences {
  readonly json: Omit<StoredReferences, "saved" | "revision">;
  /** `[references, dim]` */
  readonly vectors: Float32Array;
  /** `[starts of all deciders, dim]`: where fits begin, so that a loaded set answers at once and as before. */
  readonly starts: Float32Array;
}

/** Takes a reference set apart. Values that JSON can't hold are left out: explanations then name references by id alone. */
export function packReferences<Value>(set: ReferenceSet<Value>): PackedReferences {
  const { dim, fingerprint } = set.model;
  const entries = set.list.entries;
  const vectors = new Float32Array(entries.length * dim);
  for (const [row, { reference }] of entries.entries()) vectors.set(reference.vector, row * dim);
  const starts: Float32Array[] = [];
  const deciders = set.deciders.map((decider): StoredDecider => {
    const { rule, temperature, threshold, table } = decider.settings;
    const start = [...(decider.start() ?? [])];
    for (const [, numbers] of start) starts.push(numbers);
    return {
      space: decider.space ?? null,
      rule: { name: rule.name, options: rule.options ?? null },
      temperature,
      threshold: Number.isFinite(threshold) ? threshold : null,
      table: table.map((row) => ({
        rule: row.rule.name,
        options: row.rule.options ?? null,
        accuracy: numberOrNull(row.accuracy),
        logLikelihood: numberOrNull(row.logLikelihood),
        temperature: row.temperature,
      })),
      starts: start.map(([label]) => label),
    };
  });
  const allStarts = new Float32Array(starts.length * dim);
  for (const [row, start] of starts.entries()) allStarts.set(start, row * dim);
  const json = {
    format: "quaterion-references",
    version: referencesVersion,
    fingerprint,
    dim,
    references: entries.map(({ reference: { id, labels, value, name }, alive }) => ({
      id,
      labels,
      ...(isJson(value) && { value }),
      ...(name && { name }),
      ...(!alive && { removed: true as const }),
    })),
    history: set.history,
    same: set.same,
    deciders,
  } as const;
  return { json, vectors, starts: allStarts };
}

/** What a reference set is made of. */
export interface ReferenceSetPieces<Value> {
  readonly list: ReferenceList<Value>;
  readonly same: StoredReferences["same"];
  readonly deciders: Decider[];
}

/**
 * The pieces of a stored reference set.
 * @param rules rules that are not of this package
 * @param place where it was read, for messages
 * @throws {IncompatibleError} when it was made with another model, or a rule of it is not known
 */
export function unpackReferences<Value>(
  model: EmbeddingModel<Value>,
  { json, vectors, starts }: PackedReferences,
  rules: readonly DecisionRule[],
  place: string,
): ReferenceSetPieces<Value> {
  const { dim } = model;
  if (json.fingerprint !== model.fingerprint || json.dim !== dim) {
    throw new IncompatibleError(
      `The references in ${place} were made with another model: expected the fingerprint ${model.fingerprint.slice(0, 12)}…, received ${String(json.fingerprint).slice(0, 12)}…. Load the model they were saved with, or make them again with ReferenceSet.from.`,
    );
  }
  const starting = json.deciders.reduce((sum, decider) => sum + decider.starts.length, 0);
  if (vectors.length !== json.references.length * dim || starts.length !== starting * dim) {
    throw new IncompatibleError(
      `The vectors in ${place} do not fit their list of ${json.references.length} references. Save the set again.`,
    );
  }
  const list = new ReferenceList<Value>();
  for (const [row, { id, labels, value, name, removed }] of json.references.entries()) {
    const vector = vectors.slice(row * dim, (row + 1) * dim);
    list.put({ id, labels, value: value as Value | undefined, vector, ...(name && { name }) }, !removed);
  }
  list.restoreHistory(json.history);
  let row = 0;
  const deciders = json.deciders.map((stored) => {
    const decider = new Decider(stored.space ?? undefined, stored.space === null ? json.same : []);
    const table = stored.table.map(
      (result): RuleResult => ({
        rule: ruleNamed(result.rule, result.options, rules, place),
        accuracy: result.accuracy ?? Number.NaN,
        logLikelihood: result.logLikelihood ?? Number.NaN,
        temperature: result.temperature,
      }),
    );
    const rule = ruleNamed(stored.rule.name, stored.rule.options, rules, place);
    const start = stored.starts.map((label) => [label, starts.slice(row * dim, ++row * dim)] as const);
    const settings = { rule, temperature: stored.temperature, threshold: stored.threshold ?? Number.NEGATIVE_INFINITY, table };
    decider.restore(list.present, dim, settings, start.length > 0 ? new Map(start) : undefined);
    return decider;
  });
  return { list, same: json.same, deciders };
}

const factories: Readonly<Record<string, (options: Json) => DecisionRule>> = {
  nearest: () => nearest(),
  vote: (options) => vote((options ?? {}) as VoteOptions),
  centroids: () => centroids(),
  shrunkCentroids: (options) => shrunkCentroids((options ?? {}) as ShrunkCentroidsOptions),
  logisticVote: (options) => logisticVote((options ?? {}) as LogisticVoteOptions),
  logistic: (options) => logistic((options ?? {}) as LogisticOptions),
};

function ruleNamed(name: string, options: Json, own: readonly DecisionRule[], place: string): DecisionRule {
  const given = own.find((rule) => rule.name === name);
  if (given) return given;
  const factory = Object.hasOwn(factories, name) ? factories[name] : undefined;
  if (factory) return factory(options);
  const known = [...defaultRules(), ...own].map((rule) => rule.name);
  throw new IncompatibleError(
    `The references in ${place} decide by the rule ${shown(name)}, which is not of this package.${suggestion(name, known)} Pass it as \`rules: [yourRule]\`.`,
  );
}

function numberOrNull(number: number): number | null {
  return Number.isFinite(number) ? number : null;
}

function isJson(value: unknown): value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).every(isJson);
}
