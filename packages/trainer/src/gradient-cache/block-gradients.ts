import type { LossParameters, PairMasks, RelationBatch, RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { ratiosOf } from "../batch-loss.js";
import { pairMasks } from "../pair-masks.js";

/** What the blocks of one structure have in common, known once their program was called. */
export interface Layout {
  ratios: number;
  /** Ratios of each part. */
  parts: readonly (readonly [name: string, ratios: number])[];
}

/** Tensors of a block. */
export interface BlockWork {
  readonly anchors: tf.Tensor2D;
  readonly candidates: tf.Tensor2D;
  readonly others: Omit<RelationBatch, "anchors" | "candidates" | keyof PairMasks | "amongAnchors" | "amongCandidates"> & {
    /** What pairs are to each other, 1, −1 or 0. */
    readonly relations: tf.Tensor2D;
    readonly amongAnchors?: tf.Tensor2D;
    readonly amongCandidates?: tf.Tensor2D;
    readonly memory?: tf.Tensor2D;
  };
  /** Gradients so far, by ratio: of the candidates, then of what the loss learns; none in the first block. */
  readonly before: readonly (readonly tf.Tensor[])[];
}

/**
 * Totals of a block of anchors, and their gradients added to those of the blocks before.
 * @returns totals and counts `[2 · ratios]` (the loss's, then its parts'); for each ratio the anchors' gradient; for each ratio all sums of gradients
 */
export function blockGradients(
  loss: RelationLoss,
  learned: LossParameters,
  { anchors, candidates, others, before }: BlockWork,
  layout: Layout,
): tf.Tensor[] {
  const { memory, relations, amongAnchors, amongCandidates, ...rest } = others;
  const batch = {
    ...rest,
    ...pairMasks(relations),
    ...(amongAnchors && { amongAnchors: pairMasks(amongAnchors) }),
    ...(amongCandidates && { amongCandidates: pairMasks(amongCandidates) }),
  };
  const names = Object.keys(learned);
  const compute = (given: readonly tf.Tensor[]) => {
    const [rows, own, ...values] = given as [tf.Tensor2D, tf.Tensor2D, ...tf.Tensor[]];
    const compared = memory ? tf.concat([own, memory]) : own;
    const parameters = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
    const terms = loss.compute({ ...batch, anchors: rows, candidates: compared }, parameters);
    return { ratios: ratiosOf(loss, terms), parts: terms.parts ?? {} };
  };
  const variables = [anchors, candidates, ...names.map((name) => learned[name]!)];
  // Totals and counts are those of the first gradient's own pass, not of one more.
  const numbers: tf.Scalar[] = [];
  const gradientsOf = tf.grads((...given) => {
    const { ratios, parts } = compute(given);
    layout.ratios = ratios.length;
    layout.parts = Object.entries(parts).map(([name, own]) => [name, own.length]);
    for (const { total, count } of [...ratios, ...Object.values(parts).flat()])
      numbers.push(tf.keep(tf.clone(total)), tf.keep(tf.clone(count)));
    return ratios[0]!.total;
  });
  const gradients = [gradientsOf(variables)];
  for (let ratio = 1; ratio < layout.ratios; ratio++)
    gradients.push(tf.grads((...given) => compute(given).ratios[ratio]!.total)(variables));
  const summary = tf.stack(numbers);
  tf.dispose(numbers);
  return [
    summary,
    ...gradients.map(([ofAnchors]) => ofAnchors!),
    ...gradients.flatMap(([, ...rest], ratio) => rest.map((each, i) => (before[ratio] ? tf.add(before[ratio]![i]!, each) : each))),
  ];
}

/** A block's tensors in an order that only its structure decides. */
export function inputsOf({ anchors, candidates, others, before }: BlockWork): tf.Tensor[] {
  const found: tf.Tensor[] = [];
  const collect = (part: unknown): void => {
    if (part instanceof tf.Tensor) found.push(part);
    else if (typeof part === "object" && part !== null) for (const each of Object.values(part)) collect(each);
  };
  collect([anchors, candidates, others, before]);
  return found;
}
