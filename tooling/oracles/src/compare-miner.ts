import type { Miner } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { MinerCase, Rows } from "./golden-case.js";
import { labelRelation, pairMasks } from "./pair-masks.js";
import { pairDistances } from "./pytorch-metric-learning/common/pair-distances.js";

/**
 * What a miner keeps differently from the peer, undefined where nothing. Where rows are equal the peer keeps the first of those that tie and we
 * keep all: equal rows count as one.
 */
export function compareMiner(golden: MinerCase, miner: Miner): string | undefined {
  const { embeddings, labels, ref_emb = embeddings, ref_labels = labels } = golden.inputs;
  let kept: Record<"triplets" | "pos_pairs" | "neg_pairs", number[][]>;
  tf.tidy(() => {
    const anchors = tf.tensor2d(embeddings as number[][]);
    const candidates = ref_emb === embeddings ? anchors : tf.tensor2d(ref_emb as number[][]);
    const masks = pairMasks(embeddings.length, ref_emb.length, (i, j) =>
      ref_emb === embeddings && i === j ? 0 : labelRelation(labels[i]!, ref_labels[j]!),
    );
    const distances = pairDistances(golden.distance)(anchors, candidates);
    const { similar, dissimilar } = miner.pairs(distances, masks);
    kept = { triplets: [], pos_pairs: indices(similar), neg_pairs: indices(dissimilar) };
    if (golden.triplets) {
      const gaps = tf.sub<tf.Tensor3D>(tf.expandDims(distances, 1), tf.expandDims(distances, 2));
      const allowed = tf.mul<tf.Tensor3D>(tf.expandDims(similar, 2), tf.expandDims(dissimilar, 1));
      kept.triplets = indices(miner.triplets ? miner.triplets(gaps, allowed) : allowed);
    }
  });
  for (const kind of ["triplets", "pos_pairs", "neg_pairs"] as const) {
    const expected = golden[kind];
    if (!expected) continue;
    const canonical = (index: readonly number[]) =>
      index.map((row, i) => (i === 0 ? firstEqual(embeddings, row) : firstEqual(ref_emb, row))).join(",");
    const [ours, theirs] = [new Set(kept![kind].map(canonical)), new Set(expected.map(canonical))];
    const extra = [...ours].find((one) => !theirs.has(one));
    const missing = [...theirs].find((one) => !ours.has(one));
    if (extra) return `keeps [${extra}] of ${kind}, which the peer does not`;
    if (missing) return `leaves out [${missing}] of ${kind}, which the peer keeps`;
  }
  return undefined;
}

/** The first row that equals this one. */
const firstEqual = (rows: Rows, row: number) => rows.findIndex((other) => String(other) === String(rows[row]));

/** Where a mask is above 0. */
function indices(mask: tf.Tensor): number[][] {
  const strides = mask.strides;
  return [...mask.dataSync()].flatMap((value, at) => {
    if (value === 0) return [];
    let rest = at;
    const index = strides.map((stride) => {
      const one = Math.floor(rest / stride);
      rest %= stride;
      return one;
    });
    return [[...index, rest]];
  });
}
