import { positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineScoreLoss } from "./define-score-loss.js";
import { orderedPairs } from "./ordered-pairs.js";
import { pairedAngles } from "./paired-angles.js";

/**
 * AnglE: `coSENT` on angles in complex space, whose slope does not vanish where a cosine's does, near 1 and −1.
 * log(1 + Σ_{score_i < score_j} exp(λ (θ_i − θ_j))) with θ = `pairedAngles`, over all two pairs i and j of the batch. One number for the whole batch.
 * The paper calls θ a difference of angles, yet it is 1 for equal rows and is to be high for like ones: the signs are those of the authors' code.
 * The paper adds `coSENT` and an in-batch loss to it; weigh the three as you like.
 * `scale` λ (20; the paper's 1 / τ).
 *
 * Use it for graded pairs of which many are nearly alike, beside `coSENT`.
 *
 * Li & Li, "AoE: angle-optimized embeddings for semantic textual similarity" (AnglE), ACL 2024.
 * @throws {InvalidArgumentError} when `scale` is not a finite number above 0
 */
export const anglE = defineScoreLoss({
  name: "anglE",
  defaults: { scale: 20 },
  check: { scale: positiveFiniteNumber },
  wholeBatch: true,
  compute({ first, second, scores, weights }, { scale }) {
    // The cosine and what is added to it are at most 1 each.
    return orderedPairs({ logits: tf.mul(scale, pairedAngles(first, second)), scores, weights, bound: 2 * scale });
  },
});
