import type { Batch, TrainingData } from "@quaterion/core";
import type { HostBatch } from "@quaterion/core/training";

/** What pairs are to each other, row-major: 1 similar, −1 dissimilar, 0 unknown. A byte a pair: a step makes its masks of them. */
export type HostRelations = Int8Array;

/** Rows of a batch that have a label of one space. */
export interface HostClasses {
  readonly space: string;
  /** Positions within the batch; absent where it is every row. */
  readonly positions?: Int32Array;
  readonly classes: Int32Array;
}

/** A batch as it lies in ordinary memory, ready to become tensors. */
export interface BatchInputs {
  readonly rows: Uint32Array;
  readonly candidateRows?: Uint32Array;
  /** Of the rows, then of the candidates where they are others: a frozen encoder's vectors, `[rows + candidates, dim]`, */
  readonly vectors?: Float32Array;
  readonly dim: number;
  /** or what a trained encoder reads. */
  readonly prepared?: HostBatch;
  readonly relations?: HostRelations;
  readonly amongAnchors?: HostRelations;
  readonly amongCandidates?: HostRelations;
  readonly classes?: readonly HostClasses[];
  readonly scores?: Float32Array;
  /** A teacher's scores, by partner and then by row, as the candidates lie. */
  readonly teacherScores?: Float32Array;
  readonly pairClasses?: Int32Array;
  /** The label space, or group of given pairs, that all are from, where the loss asks for it. */
  readonly source?: string;
  /** Weights of the rows, where the data has any. */
  readonly weights?: Float32Array;
  /** Dissimilar pairs that were given as such, 0/1, row-major. */
  readonly ownNegatives?: Float32Array;
  /** No row has more similar pairs: a power of two, so that batches of like classes share a graph. */
  readonly mostSimilar?: number;
  /** A guide's vectors of the same rows, `[rows + candidates, dim]`. */
  readonly guide?: GuideVectors;
  /** Embeddings of earlier batches, candidates after the batch's own: the masks have columns for them. */
  readonly memory?: { readonly vectors: Float32Array; readonly dim: number };
}

/** Vectors of a guide (or teacher) model. */
export interface GuideVectors {
  readonly vectors: Float32Array;
  readonly dim: number;
}

/** What a batch holds beside what every loss of its kind reads. */
export interface BatchExtras {
  /** A guide's vectors of all rows of the data. */
  readonly guide?: GuideVectors;
  /** Tell which dissimilar pairs were given as such. */
  readonly ownNegatives?: boolean;
  /** Tell how many similar candidates an anchor has at most. */
  readonly mostSimilar?: boolean;
  /** Tell which label space, or group of given pairs, the batch is from. */
  readonly source?: boolean;
}

/** Rows of the data made ready for a trained encoder. */
export type PrepareRows = (rows: Uint32Array) => HostBatch | Promise<HostBatch>;

/** What a batch's rows, and then its candidates, are read from: a frozen encoder's vectors of all rows of the data, or what a trained one reads of these. */
export async function readRows(batch: Batch, encoded: Float32Array | PrepareRows): Promise<Float32Array | HostBatch> {
  return typeof encoded === "function" ? encoded(rowsOf(batch)) : encoded;
}

function rowsOf({ rows, candidates }: Batch): Uint32Array {
  return candidates === undefined ? rows : concatenated(rows, candidates);
}

/**
 * Collects what a step needs of a batch.
 * @param read what {@link readRows} gave: `[rows, dim]` of all rows of the data, or what a trained encoder reads of this batch
 * @param reads what the loss reads
 */
export function batchInputs(
  batch: Batch,
  data: TrainingData<unknown>,
  read: Float32Array | HostBatch,
  dim: number,
  reads: "relations" | "classes" | "scores" | "views",
  extras: BatchExtras = {},
): BatchInputs {
  const { rows, candidates: candidateRows, scores, teacherScores, pairClasses } = batch;
  const all = rowsOf(batch);
  const guide = extras.guide && { vectors: gathered(all, extras.guide.vectors, extras.guide.dim), dim: extras.guide.dim };
  const own = read instanceof Float32Array ? { vectors: gathered(all, read, dim) } : { prepared: read };
  const weights = data.weights && { weights: gathered(rows, data.weights, 1) };
  const inputs = {
    rows,
    candidateRows,
    ...own,
    dim,
    ...(guide && { guide }),
    ...weights,
    ...(extras.source && { source: batch.space ?? batch.group }),
  };
  if (reads === "scores") return { ...inputs, scores, teacherScores, pairClasses };
  if (reads === "views") return inputs;
  if (reads === "classes") return { ...inputs, classes: classesOf(batch, data) };
  const related = (a: Uint32Array, b: Uint32Array) => data.relations.block(a, b, { view: batch.view, unknown: batch.unknown });
  const between = related(rows, candidateRows ?? rows);
  const known = { relations: between, ...(extras.mostSimilar && { mostSimilar: mostSimilar(between, rows.length) }) };
  if (candidateRows === undefined) {
    const none = extras.ownNegatives && { ownNegatives: new Float32Array(rows.length ** 2) };
    return { ...inputs, ...known, ...none };
  }
  return {
    ...inputs,
    ...known,
    amongAnchors: related(rows, rows),
    amongCandidates: related(candidateRows, candidateRows),
    ...(extras.ownNegatives && { ownNegatives: dissimilarOf(data.relations.block(rows, candidateRows, { view: batch.view })) }),
  };
}

/** Rows of `vectors`, one after the other. */
export function gathered(rows: Uint32Array, vectors: Float32Array, dim: number): Float32Array {
  const result = new Float32Array(rows.length * dim);
  for (let i = 0; i < rows.length; i++) result.set(vectors.subarray(rows[i]! * dim, (rows[i]! + 1) * dim), i * dim);
  return result;
}

function concatenated(a: Uint32Array, b: Uint32Array): Uint32Array {
  const both = new Uint32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Dissimilar pairs, 0/1. */
export function dissimilarOf(relations: HostRelations): Float32Array {
  return Float32Array.from(relations, (relation) => Number(relation === -1));
}

/** The most similar pairs of a row, rounded up to a power of two, and no more than there are columns. */
export function mostSimilar(relations: HostRelations, rows: number): number {
  const columns = relations.length / rows;
  let most = 1;
  for (let row = 0; row < rows; row++) {
    let count = 0;
    for (let at = row * columns; at < (row + 1) * columns; at++) count += Number(relations[at] === 1);
    while (most < count) most *= 2;
  }
  return Math.min(most, columns);
}

function classesOf({ rows, space }: Batch, data: TrainingData<unknown>): HostClasses[] {
  const names = space === undefined ? data.spaces.map(({ name }) => name) : [space];
  const found: HostClasses[] = [];
  for (const name of names) {
    const all = data.classesOf(name, rows);
    const positions = Int32Array.from(all.keys()).filter((i) => all[i]! >= 0);
    if (positions.length === 0) continue;
    found.push(
      positions.length === rows.length
        ? { space: name, classes: all }
        : { space: name, positions, classes: all.filter((number) => number >= 0) },
    );
  }
  return found;
}

/** What a batch has, and of which size: equal for batches that make the same step. */
export function structureOf(inputs: BatchInputs): string {
  const { rows, candidateRows, classes, guide, memory, mostSimilar, source, prepared = {} } = inputs;
  const has = Object.entries(inputs).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const spaces = classes?.map(({ space, positions, classes: { length } }) => `${space} ${positions ? "some" : "all"} ${length}`);
  const read = Object.entries(prepared).map(([name, { shape }]) => [name, shape]);
  return JSON.stringify([has, rows.length, candidateRows?.length, spaces, guide?.dim, memory?.vectors.length, mostSimilar, source, read]);
}
