import type { Json } from "./json.js";
import type { Random } from "./random.js";
import type { LabelId } from "./relation.js";

/**
 * What training does with pairs of two label spaces that nobody declared anything about:
 * - `separate`: every batch comes from one space;
 * - `distinct`: mixed batches, undeclared pairs are dissimilar;
 * - `masked`: mixed batches, undeclared pairs take no part;
 * - `schedule`: three quarters separate, one quarter mixed distinct.
 */
export type LabelPolicy = "separate" | "distinct" | "masked" | "schedule";

/** The policies, for checks and help texts. */
export const labelPolicies: readonly LabelPolicy[] = ["separate", "distinct", "masked", "schedule"];

/**
 * How batches are shared among label spaces and groups of given pairs: by their rows (pairs: two rows each) to the power of 1 / temperature.
 * `"proportional"` is temperature 1, where small sets are hardly seen; `"squareRoot"`, the default, 2; `"equal"` infinity, where small sets
 * are seen until learned by heart. (Arivazhagan et al., "Massively multilingual neural machine translation in the wild", 2019.)
 */
export type BatchShares = "proportional" | "squareRoot" | "equal" | { readonly temperature: number };

/** What data says about how it is to be drawn. */
export interface Sampling {
  readonly shares?: BatchShares;
  /** How often parts are drawn relative to each other, by name, with the label spaces and groups of given pairs that belong to each. */
  readonly parts?: Readonly<Record<string, { readonly share: number; readonly of: readonly string[] }>>;
  /** Labels that come into a batch together: those most easily confused, or of one coarser label. */
  readonly neighbors?: LabelNeighbors;
}

/** Labels that come into a batch together. */
export interface LabelNeighbors {
  /** Labels that come together, 2 or more: one and up to `together` − 1 of its neighbours. */
  readonly together: number;
  /** Label ids of the neighbours of each label, nearest first, all of its own space. */
  readonly of: Readonly<Record<LabelId, readonly LabelId[]>>;
}

/** How batches are drawn. */
export interface SamplerOptions {
  policy: LabelPolicy;
  /** Labels in a batch (P of P × K). */
  labelsPerBatch: number;
  /** Samples of each label in a batch (K of P × K). */
  samplesPerLabel: number;
  random: Random;
  /** Default: what the data says, else `"squareRoot"`. */
  shares?: BatchShares | undefined;
}

/** One batch, as rows of the data. */
export interface Batch {
  /** Anchors. */
  readonly rows: Uint32Array;
  /** Candidates, where they are not the anchors themselves (given pairs and triplets). */
  readonly candidates?: Uint32Array;
  /** The label space that every row belongs to, for a batch of one space. */
  readonly space?: string;
  /** The group of given pairs that all are from, where pairs have groups: the part of combined data that they came with. */
  readonly group?: string;
  /** Read relations as this space sees them. */
  readonly view?: string;
  /** How undeclared pairs of two spaces are read. */
  readonly unknown?: "unknown" | "dissimilar";
  /** Graded similarity of anchor i and candidate i, `[rows]`. */
  readonly scores?: Float32Array;
  /** A teacher's scores, of candidate k · rows + i with anchor i, `[candidates]`. */
  readonly teacherScores?: Float32Array;
  /** Class of the pair of anchor i and candidate i, `[rows]`. */
  readonly pairClasses?: Int32Array;
}

/** Draws batches for ever; the same options and seed give the same batches in every process. */
export interface Sampler {
  /** Batches after which every sample was drawn about once. */
  readonly batchesPerEpoch: number;
  next(): Batch;
  state(): Json;
  restore(state: Json): void;
}

/** Whether a label space, or group of given pairs, is this part's: it has its name, or its name and a dot before one of its own. */
export function isOfPart(source: string, part: string): boolean {
  return source === part || source.startsWith(`${part}.`);
}
