import type { HostBatch, Loss, LossParameters, LossRatio, LossTerms, ScoreBatch, ScoreBatchWith } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { BatchInputs, HostRelations } from "./batch-inputs.js";
import { pairMasks, relationTensor } from "./pair-masks.js";

/** Keeps a ratio that counts nothing at 0 / 1e-12 = 0. */
export const leastCount = 1e-12;

/** A batch's numbers as tensors. Made before the gradient's tape, so that no gradient is asked of them. */
export interface BatchTensors {
  /** A frozen encoder's vectors, `[rows + candidates, dim]`, */
  readonly vectors?: tf.Tensor2D;
  /** or what a trained encoder reads. */
  readonly prepared?: Readonly<Record<string, tf.Tensor>>;
  readonly anchors: number;
  /** What pairs are to each other, 1, −1 or 0. */
  readonly relations?: tf.Tensor2D;
  readonly amongAnchors?: tf.Tensor2D;
  readonly amongCandidates?: tf.Tensor2D;
  readonly classes?: readonly { readonly space: string; readonly positions?: tf.Tensor1D; readonly classes: tf.Tensor1D }[];
  readonly scores?: tf.Tensor1D;
  /** `[rows, partners]` */
  readonly teacherScores?: tf.Tensor2D;
  readonly pairClasses?: tf.Tensor1D;
  /** `[rows]` */
  readonly weights?: tf.Tensor1D;
  readonly source?: string;
  readonly ownNegatives?: tf.Tensor2D;
  readonly mostSimilar?: number;
  /** `[rows + candidates, guide's dim]` */
  readonly guide?: tf.Tensor2D;
  /** Embeddings of earlier batches, `[slots, dim]`. */
  readonly memory?: tf.Tensor2D;
}

/** Makes tensors of a batch; call it inside `tf.tidy`. */
export function batchTensors(inputs: BatchInputs): BatchTensors {
  const { rows, candidateRows, dim } = inputs;
  const anchors = rows.length;
  const candidates = candidateRows?.length ?? 0;
  const slots = inputs.memory ? inputs.memory.vectors.length / inputs.memory.dim : 0;
  const columns = (candidates || anchors) + slots;
  const related = (relations: HostRelations | undefined, height: number) => relations && relationTensor(relations, height);
  return {
    vectors: inputs.vectors && tf.tensor2d(inputs.vectors, [anchors + candidates, dim]),
    prepared: inputs.prepared && hostTensors(inputs.prepared),
    anchors,
    relations: related(inputs.relations, anchors),
    amongAnchors: related(inputs.amongAnchors, anchors),
    amongCandidates: related(inputs.amongCandidates, columns),
    classes: inputs.classes?.map(({ space, positions, classes }) => ({
      space,
      positions: positions && tf.tensor1d(positions, "int32"),
      classes: tf.tensor1d(classes, "int32"),
    })),
    scores: inputs.scores && tf.tensor1d(inputs.scores),
    teacherScores: inputs.teacherScores && tf.transpose(tf.tensor2d(inputs.teacherScores, [candidates / anchors, anchors])),
    pairClasses: inputs.pairClasses && tf.tensor1d(inputs.pairClasses, "int32"),
    weights: inputs.weights && tf.tensor1d(inputs.weights),
    source: inputs.source,
    ownNegatives: inputs.ownNegatives && tf.tensor2d(inputs.ownNegatives, [anchors, columns]),
    mostSimilar: inputs.mostSimilar,
    guide: inputs.guide && tf.tensor2d(inputs.guide.vectors, [anchors + candidates, inputs.guide.dim]),
    memory: inputs.memory && tf.tensor2d(inputs.memory.vectors, [slots, inputs.memory.dim]),
  };
}

/** Arrays as tensors of their own kind. */
function hostTensors(batch: HostBatch): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { shape, data }]) => [name, tf.tensor(data, shape as number[], dtypeOf(data))]),
  );
}

function dtypeOf(data: HostBatch[string]["data"]): tf.DataType {
  if (data instanceof Float32Array) return "float32";
  return data instanceof Int32Array ? "int32" : "bool";
}

/** The tensors of a batch, each once, in an order that only its structure decides. */
export function tensorsIn(batch: BatchTensors): tf.Tensor[] {
  const found = new Set<tf.Tensor>();
  const collect = (part: unknown): void => {
    if (part instanceof tf.Tensor) found.add(part);
    else if (typeof part === "object" && part !== null) for (const each of Object.values(part)) collect(each);
  };
  collect(batch);
  return [...found];
}

/** The loss of a batch, and what each part of a loss that is a sum has in it. */
export interface BatchLoss {
  readonly value: tf.Scalar;
  readonly parts: Readonly<Record<string, tf.Scalar>>;
}

/**
 * The loss of a batch: Σ total / count over the reducer's ratios, a ratio that counts nothing being 0. Where rows have weights, an anchor of
 * weight 2 counts as two, and the whole is multiplied by the mean weight, so that a batch of one part counts by that part's weight.
 * @param embeddings of the batch's vectors, `[rows + candidates, dim]`
 * @param parameters what the loss learns, by label space (`""` for losses that read no classes)
 */
export function batchLoss(
  loss: Loss,
  batch: BatchTensors,
  embeddings: tf.Tensor2D,
  parameters: ReadonlyMap<string, LossParameters>,
): BatchLoss {
  const { value, parts } = weighedLoss(loss, batch, embeddings, parameters);
  if (batch.weights === undefined) return { value, parts };
  const mean = tf.mean(batch.weights);
  const scaled = ([name, part]: [string, tf.Scalar]) => [name, tf.mul(part, mean)];
  return { value: tf.mul(value, mean), parts: Object.fromEntries(Object.entries(parts).map(scaled)) };
}

/** The loss with weights as the loss itself counts them: only their ratios matter. */
function weighedLoss(loss: Loss, batch: BatchTensors, embeddings: tf.Tensor2D, parameters: ReadonlyMap<string, LossParameters>): BatchLoss {
  const { anchors: count, weights, source } = batch;
  const told = source === undefined ? {} : { source };
  const own = parameters.get("") ?? {};
  const paired = embeddings.shape[0] > count;
  const sides = (rows: tf.Tensor2D) =>
    paired
      ? { anchors: tf.slice(rows, [0, 0], [count, -1]), candidates: tf.slice(rows, [count, 0], [-1, -1]) }
      : { anchors: rows, candidates: rows };
  const { anchors, candidates } = sides(embeddings);
  const guide = batch.guide && sides(batch.guide);
  switch (loss.reads) {
    case "relations": {
      const { ownNegatives, mostSimilar, memory } = batch;
      const compared = memory ? tf.concat([candidates, memory]) : candidates;
      const amongAnchors = batch.amongAnchors && pairMasks(batch.amongAnchors);
      const amongCandidates = batch.amongCandidates && pairMasks(batch.amongCandidates);
      const knowledge = { amongAnchors, amongCandidates, ownNegatives, mostSimilar, guide, ...(weights && { weights }), ...told };
      return lossOf(loss, [loss.compute({ anchors, candidates: compared, ...pairMasks(batch.relations!), ...knowledge }, own)]);
    }
    case "scores":
      return lossOf(loss, [loss.compute({ ...pairsOf(batch, anchors, candidates, guide), ...told }, own)]);
    case "views":
      return lossOf(loss, [loss.compute({ views: [anchors, candidates], ...told }, own)]);
    case "classes":
      return lossOf(
        loss,
        batch.classes!.map(({ space, positions, classes }) => {
          const members = positions === undefined ? embeddings : tf.gather(embeddings, positions);
          const own = weights && { weights: positions === undefined ? weights : tf.gather(weights, positions) };
          return loss.compute({ embeddings: members, classes, ...own, ...told }, parameters.get(space) ?? {});
        }),
      );
  }
}

/** Candidates are the first partners of all anchors, then their second ones, and so on. A row without a partner is a pair of itself. */
function pairsOf(
  { scores, teacherScores, pairClasses, weights }: BatchTensors,
  first: tf.Tensor2D,
  candidates: tf.Tensor2D,
  guide: { readonly anchors: tf.Tensor2D; readonly candidates: tf.Tensor2D } | undefined,
): ScoreBatchWith<"scores"> {
  const pairs = first.shape[0];
  const partner = (rows: tf.Tensor2D, k: number): tf.Tensor2D =>
    rows.shape[0] === pairs ? rows : tf.slice(rows, [k * pairs, 0], [pairs, -1]);
  const batch: ScoreBatch = {
    first,
    second: partner(candidates, 0),
    others: Array.from({ length: candidates.shape[0] / pairs - 1 }, (_, k) => partner(candidates, k + 1)),
    ...(scores && { scores }),
    ...(teacherScores && { teacherScores }),
    ...(pairClasses && { classes: pairClasses }),
    ...(weights && { weights }),
    ...(guide && { teacher: { first: guide.anchors, second: partner(guide.candidates, 0) } }),
  };
  return batch as ScoreBatchWith<"scores">; // what the loss needs is there: batches without it were passed over
}

/** The ratios that a reducer makes of terms. */
export function ratiosOf({ reducer }: Loss, { terms, counted = tf.ones(terms.shape), kinds }: LossTerms): readonly LossRatio[] {
  return reducer?.reduce(terms, counted, kinds) ?? [{ total: tf.sum(tf.mul(terms, counted)), count: tf.sum(counted) }];
}

/** One loss from the results of each label space. */
function lossOf(loss: Loss, results: readonly LossTerms[]): BatchLoss {
  const names = Object.keys(results[0]?.parts ?? {});
  return {
    value: scalarOf(results.map((result) => ratiosOf(loss, result))),
    parts: Object.fromEntries(names.map((name) => [name, scalarOf(results.map(({ parts }) => parts![name]!))])),
  };
}

/** Totals and counts add up over label spaces; the ratios are added. */
function scalarOf(spaces: readonly (readonly LossRatio[])[]): tf.Scalar {
  let value: tf.Scalar = tf.scalar(0);
  for (let ratio = 0; ratio < (spaces[0]?.length ?? 0); ratio++) {
    let { total, count } = spaces[0]![ratio]!;
    for (const space of spaces.slice(1)) {
      total = tf.add(total, space[ratio]!.total);
      count = tf.add(count, space[ratio]!.count);
    }
    value = tf.add(value, tf.div(total, tf.maximum(count, leastCount)));
  }
  return value;
}
