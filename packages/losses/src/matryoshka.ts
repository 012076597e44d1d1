import { boolean, type Check, checkOptions, InvalidArgumentError, positiveFiniteNumber, positiveInteger, reject } from "@quaterion/core";
import type { ClassBatch, LossRatio, RelationBatch, ScoreBatch, ViewBatch } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { type AnyLoss, composedLoss, type LossThatReads, lossFacts, lossValue, type Reads } from "./composed-loss.js";
import { weightedParts } from "./sum-of-parts.js";
import { unitVectors } from "./unit-vectors.js";

export interface MatryoshkaOptions {
  /** How many of the first dimensions each share of the loss sees. */
  readonly dims: readonly number[];
  /** A weight for each; 1 unless given. */
  readonly weights?: readonly number[] | undefined;
  /** Scale the shortened embeddings to length 1; true unless given. */
  readonly normalize?: boolean | undefined;
}

/**
 * Matryoshka representation learning: embeddings whose first dimensions are embeddings of their own, so that users may cut them short.
 * Σ_m weight_m · loss(the first m dimensions), over `dims`; each is logged apart under its dimension. Shortened embeddings are scaled to length 1
 * (`normalize`: true). Name the full dimension too, or it is not trained. A loss that learns parameters has a set for each dimension.
 * Use it around any loss when searches should start on short vectors, or storage is dear: `matryoshka(supervisedContrastive(), { dims: [384, 128, 64] })`.
 *
 * Kusupati et al., "Matryoshka representation learning", NeurIPS 2022, eq. 1.
 * @throws {InvalidArgumentError} when `dims` is not a list of whole numbers of 1 or more, `weights` not as many finite numbers above 0, or (in a step)
 * embeddings have fewer dimensions
 */
export function matryoshka<What extends Reads>(given: AnyLoss & { readonly reads: What }, options: MatryoshkaOptions): LossThatReads<What> {
  const loss = lossValue(given, "matryoshka.loss");
  checkOptions("matryoshka", options, { dims: listOf(positiveInteger), weights: listOf(positiveFiniteNumber), normalize: boolean });
  const { dims, weights = dims?.map(() => 1), normalize = true } = options ?? {};
  if (dims === undefined) throw new InvalidArgumentError("`matryoshka.dims` must be a list of dimensions, such as [384, 128, 64].");
  if (weights!.length !== dims.length)
    throw new InvalidArgumentError(`\`matryoshka.weights\` must have ${dims.length} weights, as \`dims\`; received ${weights!.length}.`);
  return composedLoss({
    name: `matryoshka(${loss.name})`,
    config: { loss: lossFacts(loss), dims: [...dims], weights: [...weights!], normalize },
    losses: Object.fromEntries(dims.map((dim) => [String(dim), loss])),
    dimOf: Number,
    parts(batch, own) {
      const parts: Record<string, readonly LossRatio[]> = {};
      dims.forEach((dim, i) => {
        const share = shortened(loss.reads, batch, (rows) => firstDimensions(rows, dim, normalize)) as never;
        const result = weightedParts(loss, loss.compute(share, own(String(dim))), weights![i]!, String(dim));
        for (const [name, ratios] of Object.entries(result)) parts[name] = [...(parts[name] ?? []), ...ratios];
      });
      return parts;
    },
  }) as LossThatReads<What>;
}

function listOf(check: Check<number>): Check<readonly number[]> {
  return (value, argument) => {
    if (!Array.isArray(value) || value.length === 0) return reject(argument, "a list of one or more numbers", value);
    return value.map((one, i) => check(one, `${argument}[${i}]`));
  };
}

function firstDimensions(rows: tf.Tensor2D, dim: number, normalize: boolean): tf.Tensor2D {
  if (dim > rows.shape[1])
    throw new InvalidArgumentError(
      `\`matryoshka.dims\` must be at most the ${rows.shape[1]} dimensions of the embeddings; received ${dim}.`,
    );
  const first = dim === rows.shape[1] ? rows : tf.slice(rows, [0, 0], [-1, dim]);
  return normalize ? unitVectors(first) : first;
}

/** A batch whose embeddings are cut; a batch's candidates that are its anchors stay its anchors. */
function shortened(reads: Reads, batch: RelationBatch | ClassBatch | ScoreBatch | ViewBatch, cut: (rows: tf.Tensor2D) => tf.Tensor2D) {
  switch (reads) {
    case "relations": {
      const { anchors, candidates } = batch as RelationBatch;
      const short = cut(anchors);
      return { ...batch, anchors: short, candidates: candidates === anchors ? short : cut(candidates) };
    }
    case "classes":
      return { ...batch, embeddings: cut((batch as ClassBatch).embeddings) };
    case "scores": {
      const { first, second, others, teacher } = batch as ScoreBatch;
      const short = { ...batch, first: cut(first), second: cut(second), ...(others && { others: others.map(cut) }) };
      // A teacher as wide as the model is cut like it: its first dimensions are what the embeddings' first dimensions are to match.
      if (!teacher || teacher.first.shape[1] !== first.shape[1]) return short;
      const width = short.first.shape[1];
      const ofTeacher = (rows: tf.Tensor2D) => tf.slice(rows, [0, 0], [-1, width]);
      return { ...short, teacher: { first: ofTeacher(teacher.first), second: ofTeacher(teacher.second) } };
    }
    case "views":
      return { ...batch, views: (batch as ViewBatch).views.map(cut) };
  }
}
