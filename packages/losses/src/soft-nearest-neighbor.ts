import { positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineRelationLoss } from "./define-relation-loss.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { softNeighbors } from "./soft-neighbors.js";
import { squaredEuclideanDistances } from "./squared-euclidean-distances.js";

/**
 * Soft nearest neighbour loss: how entangled the classes are, as the surprise that a randomly drawn neighbour is similar.
 * −log( Σ_{p similar} exp(−d_ip / T) / Σ_{k known} exp(−d_ik / T) ); the mean over the anchors that have a similar sample. At a low temperature T
 * one near similar sample is enough; at a high one all must be near.
 * `temperature` T (0.1, for embeddings of length 1; the paper learns it), `distances` (squaredEuclideanDistances).
 *
 * Use it for classes that fall into several clusters, which `supervisedContrastive` would pull together.
 *
 * Frosst, Papernot & Hinton, "Analyzing and improving representations with the soft nearest neighbor loss", ICML 2019; first in Salakhutdinov &
 * Hinton, "Learning a nonlinear embedding by preserving class neighbourhood structure", AISTATS 2007.
 * @throws {InvalidArgumentError} when `temperature` is not a finite number above 0
 */
export const softNearestNeighbor = defineRelationLoss({
  name: "softNearestNeighbor",
  defaults: { temperature: 0.1, distances: squaredEuclideanDistances as PairFunction },
  check: { temperature: positiveFiniteNumber, distances: pairFunction },
  compute(batch, { temperature, distances }) {
    const logits: tf.Tensor2D = tf.div(distances(batch.anchors, batch.candidates), -temperature); // [batch, candidates]
    const { odds, counted } = softNeighbors(logits, batch);
    return { terms: tf.softplus(odds), counted };
  },
});
