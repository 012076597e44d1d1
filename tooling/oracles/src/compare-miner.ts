import { minedPairs, type TripletSides } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { HistogramSupport, MinerCase, Rows } from "./golden-case.js";
import type { SaidMiner } from "./mapping.js";
import { labelRelation, pairMasks } from "./pair-masks.js";
import { pairDistances } from "./pytorch-metric-learning/common/pair-distances.js";

type Kind = "triplets" | "pos_pairs" | "neg_pairs";
type Index = readonly number[];

/** Distances nearer to one another than this share tie. */
const rounding = 1e-6;

/**
 * What a miner keeps differently from the peer, undefined where nothing. Where rows are equal, or pairs at the border of a share have one distance,
 * the peer keeps some of those that tie and we keep all; a random miner is held to what it may choose from.
 */
export function compareMiner(golden: MinerCase, said: SaidMiner): string | undefined {
  const { kept, distances } = mine(golden, said);
  if (golden.support) {
    const { pos, neg } = golden.support;
    const { pos_per_bin, neg_per_bin } = golden.options as { pos_per_bin?: number; neg_per_bin?: number };
    return compareBins("pos", kept.pos_pairs, pos, pos_per_bin ?? 10) ?? compareBins("neg", kept.neg_pairs, neg, neg_per_bin ?? 10);
  }
  const { embeddings, ref_emb = embeddings } = golden.inputs;
  // Equal rows count as one.
  const canonical = (index: Index) => index.map((row, i) => firstEqual(i === 0 ? embeddings : ref_emb, row)).join(",");
  for (const kind of ["triplets", "pos_pairs", "neg_pairs"] as const) {
    const expected = golden[kind];
    if (!expected) continue;
    const [ours, theirs] = [new Set(kept[kind].map(canonical)), new Set(expected.map(canonical))];
    const missing = [...theirs].find((one) => !ours.has(one));
    if (missing) return `leaves out [${missing}] of ${kind}, which the peer keeps`;
    const at = ([i, j]: Index) => distances[i!]![j!]!;
    const ties = (one: Index) => expected.some((other) => Math.abs(at(one) - at(other)) <= rounding * Math.max(1, at(other)));
    const extra = kept[kind].find((one) => !theirs.has(canonical(one)) && !(golden.ties && kind !== "triplets" && ties(one)));
    if (extra) return `keeps [${extra}] of ${kind}, which the peer does not`;
  }
  return undefined;
}

function mine({ inputs, distance, triplets }: MinerCase, { miner, distances: between = pairDistances(distance) }: SaidMiner) {
  const { embeddings, labels, ref_emb = embeddings, ref_labels = labels } = inputs;
  const result: { kept: Record<Kind, Index[]>; distances: Rows } = { kept: { triplets: [], pos_pairs: [], neg_pairs: [] }, distances: [] };
  tf.tidy(() => {
    const anchors = tf.tensor2d(embeddings as number[][]);
    const candidates = ref_emb === embeddings ? anchors : tf.tensor2d(ref_emb as number[][]);
    const masks = pairMasks(embeddings.length, ref_emb.length, (i, j) =>
      ref_emb === embeddings && i === j ? 0 : labelRelation(labels[i]!, ref_labels[j]!),
    );
    const distances = between(anchors, candidates);
    const across = between(candidates, candidates);
    result.distances = distances.arraySync();
    if (!triplets) {
      const { similar, dissimilar } = minedPairs(miner, distances, masks, { dim: anchors.shape[1], across });
      result.kept.pos_pairs = indices(similar);
      result.kept.neg_pairs = indices(dissimilar);
      return;
    }
    const { similar, dissimilar } = miner.pairs(distances, masks);
    const sides: TripletSides = {
      toPositives: tf.expandDims(distances, 2),
      toNegatives: tf.expandDims(distances, 1),
      across: tf.expandDims(across, 0),
      dim: anchors.shape[1],
    };
    const allowed: tf.Tensor3D = tf.mul(tf.expandDims(similar, 2), tf.expandDims(dissimilar, 1));
    result.kept.triplets = indices(miner.triplets?.(tf.sub(sides.toNegatives, sides.toPositives), allowed, sides) ?? allowed);
  });
  return result;
}

/** Of each bin as many as are asked for, or all, and nothing that is in none. */
function compareBins(kind: string, kept: readonly Index[], support: HistogramSupport, asked: number): string | undefined {
  const left = new Set(kept.map(String));
  for (const [bin, members] of support.members_per_bin.entries()) {
    const ours = members.filter((member) => left.delete(String(member)));
    const wanted = Math.min(asked, members.length);
    if (ours.length !== wanted) return `keeps ${ours.length} ${kind}_pairs of bin ${bin}, expected ${wanted} of its ${members.length}`;
  }
  return left.size > 0 ? `keeps [${[...left][0]}] of ${kind}_pairs, which is in no bin` : undefined;
}

/** The first row that equals this one. */
const firstEqual = (rows: Rows, row: number) => rows.findIndex((other) => String(other) === String(rows[row]));

/** Where a mask is above 0. */
function indices(mask: tf.Tensor): Index[] {
  return [...mask.dataSync()].flatMap((value, at) => {
    if (value === 0) return [];
    let rest = at;
    const index = mask.strides.map((stride) => {
      const one = Math.floor(rest / stride);
      rest %= stride;
      return one;
    });
    return [[...index, rest]];
  });
}
