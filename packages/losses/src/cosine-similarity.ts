import { oneOfFew } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineScoreLoss } from "./define-score-loss.js";
import { magnitudes } from "./magnitudes.js";
import { pairedCosines } from "./paired-cosines.js";

/**
 * Cosine similarity loss: the cosine of a pair shall be its score.
 * (cos(a_i, b_i) − score_i)², or |cos(a_i, b_i) − score_i|; the mean over pairs. `error`: `"squared"` (default) or `"absolute"`, which bears wrong
 * scores better.
 *
 * Use it for graded pairs whose scores are to come out as they are; where only their order counts, `coSENT` learns better.
 *
 * Reimers & Gurevych, "Sentence-BERT", EMNLP 2019, section 3 (regression objective).
 * @throws {InvalidArgumentError} when `error` is none of the two
 */
export const cosineSimilarity = defineScoreLoss({
  name: "cosineSimilarity",
  defaults: { error: "squared" as "squared" | "absolute" },
  check: { error: oneOfFew(["squared", "absolute"]) },
  compute({ first, second, scores }, { error }) {
    const difference = tf.sub(pairedCosines(first, second), scores); // [pairs]
    return { terms: error === "squared" ? tf.mul(difference, difference) : magnitudes(difference) };
  },
});
