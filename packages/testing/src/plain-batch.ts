import { Random } from "@quaterion/core";

/** A matrix as rows of ordinary numbers. */
export type Rows = readonly (readonly number[])[];

/** Views of the same records in ordinary numbers: row i of every view is the same record. */
export interface PlainViewBatch {
  /** Each `[batch, dim]` */
  readonly views: readonly Rows[];
}

/** A relation batch in ordinary numbers: what an oracle reads. */
export interface PlainRelationBatch {
  /** `[batch, dim]` */
  readonly anchors: Rows;
  /** `[candidates, dim]`; the anchors themselves where `inBatch`. */
  readonly candidates: Rows;
  /** 1 similar, −1 dissimilar, 0 unknown or the sample itself; `[batch, candidates]`. */
  readonly relations: Rows;
  /** Anchors and candidates are the same rows. */
  readonly inBatch: boolean;
  /** Relations among candidates, and among anchors, where the two are not the same rows. */
  readonly amongCandidates?: Rows;
  readonly amongAnchors?: Rows;
  /** No anchor has more similar candidates; not told where absent. */
  readonly mostSimilar?: number;
}

/** A class batch in ordinary numbers. */
export interface PlainClassBatch {
  /** `[batch, dim]` */
  readonly embeddings: Rows;
  readonly classes: readonly number[];
}

/** Given pairs in ordinary numbers, with all that a loss may need to know of them. */
export interface PlainScoreBatch {
  /** `[pairs, dim]` each */
  readonly first: Rows;
  readonly second: Rows;
  /** Further partners of the rows of `first`, each `[pairs, dim]`. */
  readonly others: readonly Rows[];
  readonly scores: readonly number[];
  /** `[pairs, 1 + others]` */
  readonly teacherScores: Rows;
  readonly teacher: { readonly first: Rows; readonly second: Rows };
  readonly classes: readonly number[];
  readonly weights?: readonly number[];
}

/** Learned weights in ordinary numbers: rows along the last axis. */
export type PlainParameters = Readonly<Record<string, Rows>>;

/** `[count, dim]` of normal numbers, to a tenth. */
export function drawRows(random: Random, count: number, dim: number): number[][] {
  return Array.from({ length: count }, () => Array.from({ length: dim }, () => Math.round(random.normal() * 10) / 10 || 0.1));
}

/** Relations of rows with these labels: equal labels similar, others dissimilar, a row and itself nothing. */
export function relationsOf(rows: readonly number[], columns: readonly number[] = rows): number[][] {
  return rows.map((label, i) => columns.map((other, j) => (columns === rows && i === j ? 0 : label === other ? 1 : -1)));
}

/** An in-batch of `labels.length` rows of which every seventh pair is unknown, both ways. */
export function drawBatch(seed: number, labels: readonly number[] = [0, 0, 1, 1, 2, 2, 0, 1], dim = 5): PlainRelationBatch {
  const rows = drawRows(new Random(seed), labels.length, dim);
  const relations = relationsOf(labels).map((row, i) => row.map((relation, j) => ((i + j + i * j + seed) % 7 === 0 ? 0 : relation)));
  return inBatch(rows, relations);
}

export function inBatch(rows: Rows, relations: Rows): PlainRelationBatch {
  return { anchors: rows, candidates: rows, relations, inBatch: true };
}

/** A batch whose candidates are other rows than its anchors, as from a memory. */
export function drawMemoryBatch(seed: number, anchors = [0, 1, 2, 0], candidates = [0, 1, 1, 2, 2, 0, 1], dim = 5): PlainRelationBatch {
  const random = new Random(seed);
  return {
    anchors: drawRows(random, anchors.length, dim),
    candidates: drawRows(random, candidates.length, dim),
    relations: relationsOf(anchors, [...candidates]),
    inBatch: false,
    amongCandidates: relationsOf(candidates),
    amongAnchors: relationsOf(anchors),
  };
}

/** Pairs with two further partners each, scores in tenths of which some tie, and classes 0 to 2. */
export function drawScoreBatch(seed: number, options: { pairs?: number; dim?: number; teacherDim?: number } = {}): PlainScoreBatch {
  const { pairs = 8, dim = 5, teacherDim = dim } = options;
  const random = new Random(seed);
  const rows = () => drawRows(random, pairs, dim);
  const [first, second, others] = [rows(), rows(), [rows(), rows()]];
  const each = <T>(of: (i: number) => T): T[] => Array.from({ length: pairs }, (_, i) => of(i));
  return {
    first,
    second,
    others,
    scores: each((i) => ((i * 7 + seed) % 6) / 5),
    teacherScores: drawRows(random, pairs, 3),
    teacher: { first: drawRows(random, pairs, teacherDim), second: drawRows(random, pairs, teacherDim) },
    classes: each((i) => (i * 2 + seed) % 3),
  };
}
