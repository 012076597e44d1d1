import { oneOfFew, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineRelationLoss } from "./define-relation-loss.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { softNeighbors } from "./soft-neighbors.js";
import { squaredEuclideanDistances } from "./squared-euclidean-distances.js";

/**
 * Neighbourhood components analysis (NCA): the chance that an anchor's randomly drawn neighbour is similar to it.
 * p_i = Σ_{p similar} exp(−scale · d_ip) / Σ_{k known} exp(−scale · d_ik); the mean of −log p_i (`objective` `"log"`, the default), or of 1 − p_i
 * (`"expected"`), over the anchors that have a similar sample. `scale` (1), `distances` (squaredEuclideanDistances).
 * With `"log"` and scale 1/T it is `softNearestNeighbor` at temperature T: the later paper's name for it.
 *
 * Use it where nearest neighbours will decide; `"expected"` bears wrong labels better, `"log"` learns faster.
 *
 * Goldberger, Roweis, Hinton & Salakhutdinov, "Neighbourhood components analysis", NeurIPS 2004, f(A) (`"expected"`; it maximises the
 * sum) and g(A) (`"log"`).
 * @throws {InvalidArgumentError} when `scale` is not a finite number above 0 or `objective` none of the two
 */
export const nca = defineRelationLoss({
  name: "nca",
  defaults: { scale: 1, distances: squaredEuclideanDistances as PairFunction, objective: "log" as "log" | "expected" },
  check: { scale: positiveFiniteNumber, distances: pairFunction, objective: oneOfFew(["log", "expected"]) },
  compute(batch, { scale, distances, objective }) {
    const logits: tf.Tensor2D = tf.mul(-scale, distances(batch.anchors, batch.candidates)); // [batch, candidates]
    const { odds, counted } = softNeighbors(logits, batch);
    return { terms: objective === "log" ? tf.softplus(odds) : tf.sigmoid(odds), counted };
  },
});
