import type { LabelId } from "@quaterion/core";
import type { SuspectedAlias } from "../suspected-aliases.js";

/** A row of one of the data sets that were looked over; rows count from 0. */
export interface AuditedRow {
  readonly set: string;
  readonly row: number;
}

/** Examples of one label. */
export interface LabelCount {
  readonly label: string;
  readonly rows: number;
}

/** One label space of the training or the test data. */
export interface SpaceAudit {
  readonly set: "train" | "test";
  readonly space: string;
  readonly rows: number;
  readonly labels: number;
  readonly smallest: LabelCount;
  readonly largest: LabelCount;
  /** Labels with one example: nothing to compare it with. */
  readonly singles: readonly string[];
  /** Labels with fewer examples than `fewExamples`, those with one among them; the fewest first. */
  readonly few: readonly LabelCount[];
}

/** Texts that two labels share. */
export interface SharedTexts {
  readonly a: LabelId;
  readonly b: LabelId;
  readonly texts: number;
  readonly example: string;
  /** Where up to ten of these texts are. */
  readonly places: readonly { readonly text: string; readonly rows: readonly AuditedRow[] }[];
}

/** How alike a test text and a training text are. `normalized`: equal but for case, spaces and punctuation. `near`: their vectors are. */
export type LeakKind = "exact" | "normalized" | "near";

/** A test text that is in the training data. */
export interface LeakedText {
  readonly kind: LeakKind;
  readonly test: { readonly row: number; readonly text: string; readonly labels: readonly string[] };
  readonly train: { readonly row: number; readonly text: string; readonly labels: readonly string[] };
  /** Cosine of the two vectors, where the kind is `near`. */
  readonly similarity?: number;
}

/** Texts of one test set that are in one training set. */
export interface Leak {
  readonly train: string;
  readonly test: string;
  /** Test rows whose text is in that training set. */
  readonly exact: number;
  /** The same, when case, spaces and punctuation are left out of account: the exact ones are among them. */
  readonly normalized: number;
  /** Rows of the test set that are exact or normalised, ascending: what `subset` would leave out. */
  readonly rows: readonly number[];
  /** Rows that are neither, and whose vector is as near to that of a training text as `nearSimilarity`; none without embeddings. */
  readonly nearRows: readonly number[];
  /** Rows that the test set has. */
  readonly of: number;
  readonly example: string;
  /** Up to twenty, the exact ones first. */
  readonly texts: readonly LeakedText[];
}

/** How much of the training data and of the batches one label space is. */
export interface SpaceBalance {
  readonly space: string;
  readonly rows: number;
  readonly shareOfRows: number;
  /** Share of the batches: by the square root of the rows. */
  readonly shareOfBatches: number;
  /** Rows of the largest space for each of this one's. */
  readonly outnumbered: number;
  /** Whether the largest space has `drownedBy` times its rows, or more. */
  readonly drowned: boolean;
}

/** Two training texts of one space that are nearly the same and have different labels. */
export interface NearConflict {
  readonly space: string;
  readonly similarity: number;
  readonly a: { readonly row: AuditedRow; readonly text: string; readonly label: string };
  readonly b: { readonly row: AuditedRow; readonly text: string; readonly label: string };
}

/** A training text whose nearest neighbours carry another label. */
export interface DisputedLabel extends AuditedRow {
  readonly space: string;
  readonly text: string;
  readonly label: string;
  /** What the neighbours say. */
  readonly suggested: string;
  /** Neighbours that carry the suggested label, out of those that were asked. */
  readonly votes: number;
  readonly ownVotes: number;
  readonly of: number;
  /** Cosine of the nearest neighbour with the suggested label, and of the nearest with the row's own (undefined where none is among them). */
  readonly similarity: number;
  readonly ownSimilarity: number | undefined;
  /** The three nearest. */
  readonly neighbors: readonly { readonly text: string; readonly label: string; readonly similarity: number }[];
}

/** What was found with the help of embeddings. */
export interface NeighborAudit {
  /** Texts are called nearly the same from this cosine on. */
  readonly nearSimilarity: number;
  /** How many rows of each space were compared with all others: fewer than it has where it has more than `mostQueries`. */
  readonly compared: readonly { readonly space: string; readonly rows: number; readonly of: number }[];
  /** Nearest first. */
  readonly conflicts: readonly NearConflict[];
  /** The clearest first. */
  readonly disputed: readonly DisputedLabel[];
}

/** What {@link auditData} found. Plain values: `JSON.stringify` writes all of it. */
export interface AuditReport {
  readonly version: 1;
  readonly spaces: readonly SpaceAudit[];
  /** Labels from how many examples on are not listed as having few. */
  readonly fewExamples: number;
  /** Labels of the test data that no training example of the same space has: they can't be answered right. */
  readonly untrained: readonly { readonly space: string; readonly label: string; readonly rows: number }[];
  readonly balance: readonly SpaceBalance[];
  /** Texts that training data has under labels of two spaces. */
  readonly identical: { readonly exact: readonly SharedTexts[]; readonly normalized: readonly SharedTexts[] };
  /** Texts that training data has under two labels of one space (compared normalised). */
  readonly conflicts: readonly SharedTexts[];
  /** How many texts that are: one with three labels is in three of the pairs above. */
  readonly conflictingTexts: number;
  readonly leaks: readonly Leak[];
  readonly aliases: readonly SuspectedAlias[];
  /**
   * Pairs of a mixed batch whose labels are suspected aliases, Σ over aliases of P(a)·P(b)·K²: what the policy `distinct` would push apart
   * wrongly if they mean the same and nothing masked them. P(label) = labels per batch × its space's share / labels of the space, at most 1.
   * `of`: pairs of samples of two spaces that such a batch has, Σ over pairs of spaces of the product of their samples.
   */
  readonly falseNegatives: {
    readonly perBatch: number;
    readonly of: number;
    readonly labelsPerBatch: number;
    readonly samplesPerLabel: number;
  };
  /** Undefined where no embeddings were given. */
  readonly neighbors: NeighborAudit | undefined;
}
