import { finiteNumber, nonNegativeNumber } from "@quaterion/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { classMask } from "./class-softmax.js";
import { defineClassLoss } from "./define-class-loss.js";
import { identityMask } from "./identity-mask.js";
import { marginCosts } from "./margin-loss.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { unitEuclideanDistances } from "./unit-euclidean-distances.js";

/** The border of each class, `[classes]`. */
export type ClassMarginBorders = { readonly beta: Tensor };

/**
 * Margin loss with a learned border β for each class: a dense class may ask for nearness that a broad one can't have.
 * The pairs of a batch cost as in `marginLoss`, with the β of the anchor's class; their costs are summed over all triplets, with
 * `regularization` · β for each triplet, and divided by the number of pairs in triplets whose cost is above 0. Rows without a class take no part.
 * Needs whole batches.
 *
 * Options: `margin` α (0.2), `beta` (1.2; where each β begins), `regularization` ν (0), `distances` (unitEuclideanDistances). Learns `beta [classes]`,
 * one set per label space.
 * Use it instead of `marginLoss` when classes differ much in breadth and each has plenty of samples.
 *
 * Wu et al., "Sampling matters in deep embedding learning", ICCV 2017, eq. 7 (β of the class).
 * @throws {InvalidArgumentError} when `margin` or `regularization` is below 0 or `beta` is not a finite number
 */
export const classMarginLoss = defineClassLoss<
  { margin: number; beta: number; regularization: number; distances: PairFunction },
  ClassMarginBorders
>({
  name: "classMarginLoss",
  defaults: { margin: 0.2, beta: 1.2, regularization: 0, distances: unitEuclideanDistances },
  check: { margin: nonNegativeNumber, beta: finiteNumber, regularization: nonNegativeNumber, distances: pairFunction },
  wholeBatch: true,
  parameters: ({ classes }, _, { beta }) => ({ beta: { shape: [classes], values: new Float32Array(classes).fill(beta) } }),
  compute({ embeddings, classes, weights }, { margin, regularization, distances }, { beta }) {
    const target = classMask(classes, beta.shape[0]!); // [batch, classes]
    const has: tf.Tensor2D = tf.sum(target, 1, true); // [batch, 1]
    const others = tf.sub(tf.matMul(has, has, false, true), tf.mul(has, identityMask(has.shape[0]))); // pairs of two rows that have a class
    const similar: tf.Tensor2D = tf.mul(others, tf.matMul(target, target, false, true));
    const dissimilar: tf.Tensor2D = tf.sub(others, similar);
    const ofAnchor = tf.matMul(target, tf.expandDims<tf.Tensor2D>(beta, 1)); // [batch, 1]
    const { costs, triplets, counted } = marginCosts(distances(embeddings, embeddings), similar, dissimilar, ofAnchor, margin);
    const weigh = (values: tf.Tensor) => tf.sum(weights ? tf.mul(values, tf.expandDims(weights, 1)) : values);
    // Every triplet is counted once at its similar and once at its dissimilar pair.
    const total = tf.add(weigh(tf.mul(triplets, costs)), weigh(tf.mul(triplets, tf.mul(regularization / 2, ofAnchor))));
    const count = weigh(counted);
    const none = tf.cast(tf.equal(count, 0), "float32");
    return { terms: tf.reshape(tf.div(total, tf.add(count, none)), [1]), counted: tf.reshape(tf.sub(1, none), [1]) };
  },
});
