import { positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineScoreLoss } from "./define-score-loss.js";
import { orderedPairs } from "./ordered-pairs.js";
import { pairedCosines } from "./paired-cosines.js";
import { type PairedFunction, pairedFunction } from "./paired-function.js";

/**
 * CoSENT: the pairs of a batch shall be ordered by likeness as they are by score.
 * log(1 + Σ_{score_i < score_j} exp(λ (s_i − s_j))), over all two pairs i and j of the batch, s = cosine; pairs of equal score do not judge one
 * another, and scores count by their order alone. One number for the whole batch.
 * `scale` λ (20), `similarities` (pairedCosines).
 *
 * Use it for graded pairs (STS and the like): it trains what rank correlation measures.
 *
 * Su, "CoSENT", 2022 (blog); Huang et al., "CoSENT: consistent sentence embedding via similarity ranking", IEEE/ACM TASLP 2024.
 * @throws {InvalidArgumentError} when `scale` is not a finite number above 0
 */
export const coSENT = defineScoreLoss({
  name: "coSENT",
  defaults: { scale: 20, similarities: pairedCosines as PairedFunction },
  check: { scale: positiveFiniteNumber, similarities: pairedFunction },
  wholeBatch: true,
  compute({ first, second, scores, weights }, { scale, similarities }) {
    const bound = similarities === pairedCosines ? scale : undefined;
    return orderedPairs({ logits: tf.mul(scale, similarities(first, second)), scores, weights, bound });
  },
});
