import type { Json } from "./json.js";

/** Two samples are similar (1), dissimilar (−1), or nobody knows (0). */
export type Relation = -1 | 0 | 1;

/** A label with its space: `"banking/card_arrival"`. Everything before the first `/` is the space. */
export type LabelId = string;

/** How a block of relations is read. */
export interface RelationBlockOptions {
  /** Read as this label space alone sees it: only its labels count. */
  view?: string | undefined;
  /**
   * What undeclared pairs of two spaces are taken for: `"unknown"` (the default), or `"dissimilar"`, where pairs of declared relations that
   * stay unknown, and suspected aliases, are still left unknown.
   */
  unknown?: "unknown" | "dissimilar" | undefined;
}

/** Declared facts about labels of different spaces. */
export interface RelationDeclarations {
  /** Pairs that mean the same. */
  same?: readonly (readonly [LabelId, LabelId])[];
  /** `[a, b]`: a lies within b. */
  narrower?: readonly (readonly [LabelId, LabelId])[];
  /** Pairs that have no sample in common. */
  disjoint?: readonly (readonly [LabelId, LabelId])[];
  /** Pairs that may mean the same: never taken as dissimilar, never as similar. */
  suspected?: readonly (readonly [LabelId, LabelId])[];
}

/** What is known about pairs of samples: the one function that losses, miners, memory, samplers and evaluation read. */
export interface Relations {
  of(a: LabelId, b: LabelId): Relation;
  /**
   * Relations between samples, by their rows in the data they belong to.
   * @returns `[rows, columns]`, row-major; a sample and itself (the same row) is 0
   */
  block(rows: Uint32Array, columns: Uint32Array, options?: RelationBlockOptions): Int8Array;
  readonly declarations: Readonly<RelationDeclarations>;
  toJSON(): Json;
}

/** The space of a label id. */
export function spaceOf(label: LabelId): string {
  return label.slice(0, label.indexOf("/"));
}

/** The label's own name within its space. */
export function nameOf(label: LabelId): string {
  return label.slice(label.indexOf("/") + 1);
}

export function labelId(space: string, name: string): LabelId {
  return `${space}/${name}`;
}
