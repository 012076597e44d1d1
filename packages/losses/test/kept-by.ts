import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import type { Miner } from "../src/miner.js";

const masksOf = (relations: number[][]) => {
  const mask = (wanted: number) => tf.tensor2d(relations.map((row) => row.map((relation) => (relation === wanted ? 1 : 0))));
  return { similar: mask(1), dissimilar: mask(-1) };
};

/** The relations 1, −1, 0 of the pairs that a miner keeps. */
export async function keptBy(miner: Miner, distances: number[][], relations: number[][]): Promise<number[][]> {
  await useEngine();
  const kept = tf.tidy(() => {
    const { similar, dissimilar } = miner.pairs(tf.tensor2d(distances), masksOf(relations));
    return tf.sub<tf.Tensor2D>(similar, dissimilar);
  });
  const rows = kept.arraySync();
  kept.dispose();
  return rows;
}

/** The triplets [anchor, positive, negative] that a miner keeps, with their shares. */
export async function keptTriplets(
  miner: Miner,
  distances: number[][],
  relations: number[][],
  { across, dim = 2 }: { across?: number[][]; dim?: number } = {},
): Promise<{ triplet: number[]; share: number }[]> {
  await useEngine();
  const kept = tf.tidy(() => {
    const toPositives: tf.Tensor3D = tf.expandDims(tf.tensor2d(distances), 2);
    const toNegatives: tf.Tensor3D = tf.expandDims(tf.tensor2d(distances), 1);
    const { similar, dissimilar } = miner.pairs(tf.tensor2d(distances), masksOf(relations));
    const allowed: tf.Tensor3D = tf.mul(tf.expandDims(similar, 2), tf.expandDims(dissimilar, 1));
    const sides = { toPositives, toNegatives, dim, across: across && tf.tensor3d([across]) };
    return miner.triplets!(tf.sub(toNegatives, toPositives), allowed, sides);
  });
  const blocks = kept.arraySync();
  kept.dispose();
  return blocks.flatMap((rows, a) =>
    rows.flatMap((row, p) => row.flatMap((share, n) => (share > 0 ? [{ triplet: [a, p, n], share }] : []))),
  );
}
