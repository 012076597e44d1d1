import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { all } from "./all.js";
import { hard } from "./hard.js";
import { semiHard } from "./semi-hard.js";

describe("miners", () => {
  beforeAll(() => useEngine());
  const distances = () => tf.tensor2d([[5, 1, 3, 2, 4]]);
  const masks = () => ({ similar: tf.tensor2d([[0, 1, 1, 0, 0]]), dissimilar: tf.tensor2d([[0, 0, 0, 1, 1]]) });
  const plain = (pairs: { similar: tf.Tensor; dissimilar: tf.Tensor }) => [pairs.similar.arraySync(), pairs.dissimilar.arraySync()];

  it("keep what they say, and never a pair that the masks leave out", () => {
    expect(plain(all().pairs(distances(), masks()))).toEqual([[[0, 1, 1, 0, 0]], [[0, 0, 0, 1, 1]]]);
    expect(plain(hard().pairs(distances(), masks()))).toEqual([[[0, 0, 1, 0, 0]], [[0, 0, 0, 1, 0]]]);
    const none = { similar: tf.zeros<tf.Rank.R2>([1, 5]), dissimilar: tf.zeros<tf.Rank.R2>([1, 5]) };
    expect(plain(hard().pairs(distances(), none))).toEqual([[[0, 0, 0, 0, 0]], [[0, 0, 0, 0, 0]]]);
  });
  it("keep all that tie", () => {
    const tied = tf.tensor2d([[0, 3, 3, 2, 2]]);
    expect(plain(hard().pairs(tied, masks()))).toEqual([[[0, 1, 1, 0, 0]], [[0, 0, 0, 1, 1]]]);
  });
  it("give each positive the nearest negative beyond it, else the farthest, ties sharing", () => {
    const gaps = tf.tensor3d([-2, -1, 3, 5], [1, 1, 4]);
    const noSides = { toPositives: gaps, toNegatives: gaps, dim: 2 };
    const choose = (allowed: number[], of: tf.Tensor3D = gaps) =>
      semiHard().triplets!(of, tf.tensor3d(allowed, [1, 1, 4]), noSides).dataSync();
    expect([...choose([1, 1, 1, 1])]).toEqual([0, 0, 1, 0]);
    expect([...choose([1, 1, 0, 0])]).toEqual([0, 1, 0, 0]);
    expect([...choose([0, 0, 0, 0])]).toEqual([0, 0, 0, 0]);
    expect([...choose([1, 1, 1, 1], tf.tensor3d([-1, 3, 3, 5], [1, 1, 4]))]).toEqual([0, 0.5, 0.5, 0]);
  });
});
