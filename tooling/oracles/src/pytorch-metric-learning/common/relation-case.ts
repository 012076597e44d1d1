import type { RelationBatch, RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { LossCase, Rows } from "../../golden-case.js";
import { lossNumber } from "../../loss-number.js";
import type { SaidLoss } from "../../mapping.js";
import { labelRelation, pairMasks } from "../../pair-masks.js";
import { anchorWeights } from "./reducer.js";
import { withRegularizers } from "./regularizers.js";

/** A case of a loss on pairs: labels into masks, over the batch itself, reference rows, given tuples, two views or a memory. */
export function relationCase(golden: LossCase, plain: RelationLoss): SaidLoss {
  const loss = withRegularizers(plain, golden);
  const { embeddings, labels, ref_emb, ref_labels, first_batch_embeddings, indices_tuple } = golden.inputs;
  const weights = anchorWeights(golden);
  const said = (inputs: Rows[], batch: (...rows: tf.Tensor2D[]) => RelationBatch): SaidLoss => ({
    inputs: inputs.map((values, i) => ({ values, gradient: golden.grads[i === 0 ? "embeddings" : "ref_emb"]! })),
    value: (...rows) => lossNumber(loss, { ...batch(...(rows as tf.Tensor2D[])), ...(weights && { weights: tf.tensor1d(weights) }) }),
  });
  if (first_batch_embeddings) return said([embeddings], (anchors) => memoryBatch(golden, anchors!));
  if (isSymmetric(golden)) {
    const both = [...labels, ...labels];
    return said([embeddings, ref_emb!], (first, second) => inBatch(tf.concat([first!, second!], 0), selfless(both)));
  }
  if (ref_emb) {
    const others = ref_labels ?? labels;
    const relation = indices_tuple ? tupleRelation(indices_tuple) : (i: number, j: number) => labelRelation(labels[i]!, others[j]!);
    return said([embeddings, ref_emb], (anchors, candidates) => ({
      anchors: anchors!,
      candidates: candidates!,
      ...pairMasks(labels.length, ref_emb.length, relation),
      amongCandidates: pairMasks(ref_emb.length, ref_emb.length, selfless(others)),
    }));
  }
  return said([embeddings], (rows) => inBatch(rows!, indices_tuple ? tupleRelation(indices_tuple) : selfless(labels)));
}

/** Self-supervised: both views are anchors and candidates of one another. */
const isSymmetric = ({ name }: LossCase) => name.startsWith("SelfSupervisedLoss(") && name.includes("symmetric=True");

const selfless = (labels: readonly number[]) => (i: number, j: number) => (i === j ? 0 : labelRelation(labels[i]!, labels[j]!));

function inBatch(rows: tf.Tensor2D, relation: (i: number, j: number) => number): RelationBatch {
  return { anchors: rows, candidates: rows, ...pairMasks(rows.shape[0], rows.shape[0], relation) };
}

/** Relations of given triplets (anchors, positives, negatives) or pairs (anchors, positives, anchors, negatives). */
function tupleRelation(tuple: Rows): (i: number, j: number) => number {
  const [positiveAnchors, positives, negativeAnchors, negatives] = tuple.length === 3 ? [tuple[0], tuple[1], tuple[0], tuple[2]] : tuple;
  const given = new Map<string, number>();
  for (const [at, anchor] of positiveAnchors!.entries()) given.set(`${anchor},${positives![at]}`, 1);
  for (const [at, anchor] of negativeAnchors!.entries()) given.set(`${anchor},${negatives![at]}`, -1);
  return (i, j) => given.get(`${i},${j}`) ?? 0;
}

/** The second batch against a ring of `memory_size` rows that holds the first and itself; a row does not meet itself there. */
function memoryBatch({ inputs, options }: LossCase, anchors: tf.Tensor2D): RelationBatch {
  const { embeddings, labels, first_batch_embeddings: first, first_batch_labels: firstLabels } = inputs;
  const size = options.memory_size as number;
  const slots: { row: readonly number[]; label: number; own?: number }[] = [];
  const put = (at: number, row: readonly number[], label: number, own?: number) => {
    slots[at % size] = { row, label, own };
  };
  first!.forEach((row, i) => {
    put(i, row, firstLabels![i]!);
  });
  embeddings.forEach((row, i) => {
    put(first!.length + i, row, labels[i]!, i);
  });
  return {
    anchors,
    candidates: tf.tensor2d(slots.map(({ row }) => [...row])),
    ...pairMasks(labels.length, slots.length, (i, j) => (slots[j]!.own === i ? 0 : labelRelation(labels[i]!, slots[j]!.label))),
  };
}
