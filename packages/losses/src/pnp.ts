import { oneOfFew, positiveFiniteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { similarSlots } from "./similar-slots.js";
import { softCountsAbove } from "./soft-counts-above.js";

const variants = ["O", "Ds", "Dq", "Iu", "Ib"] as const;

/**
 * PNP (penalizing negatives before positives): for each similar sample, how many dissimilar ones lie above it in the anchor's ranking.
 * Per similar pair (a, i): f(R), R = Σ_n σ((s_an − s_ai) / temperature), s = cosine; the mean of each anchor's pairs, then over the anchors that have
 * any. f by `variant`: `"O"` R; `"Ds"` log(1 + R) and `"Dq"` 1 − (1 + R)^−alpha, whose slope falls with R (a sample far down, perhaps mislabelled,
 * counts less); `"Iu"` (1 + R) log(1 + R) and `"Ib"` (b R − log(1 + b R)) / b², whose slope rises.
 * `variant` ("O"), `alpha` (1; of Dq), `b` (2; of Ib), `temperature` (0.01). In blocks of 4·10⁶ numbers; time is
 * batch · candidates · most positives of an anchor.
 * Use it as `smoothAP`, where what lies above a similar sample matters and the order among similar ones does not; "Dq" for noisy labels.
 *
 * Li et al., "Rethinking the optimization of average precision: only penalizing negative instances before positive ones is enough", AAAI 2022.
 * @throws {InvalidArgumentError} for an unknown `variant`, and when another option is not a finite number above 0
 */
export const pnp = defineRelationLoss({
  name: "pnp",
  defaults: { variant: "O" as (typeof variants)[number], alpha: 1, b: 2, temperature: 0.01 },
  check: { variant: oneOfFew(variants), alpha: positiveFiniteNumber, b: positiveFiniteNumber, temperature: positiveFiniteNumber },
  needs: ["mostSimilar"],
  compute({ anchors, candidates, similar, dissimilar, mostSimilar }, { variant, alpha, b, temperature }) {
    const s = cosineSimilarities(anchors, candidates);
    const { filled, take } = similarSlots(similar, mostSimilar);
    const [above] = softCountsAbove({ of: take(s), among: s }, [dissimilar], temperature) as [tf.Tensor2D]; // [batch, slots]
    const positives = tf.sum(similar, 1);
    const penalties = tf.sum(tf.mul(filled, penalty(above, variant, alpha, b)), 1);
    return { terms: tf.div(penalties, tf.maximum(positives, 1)), counted: tf.minimum(positives, 1) };
  },
});

function penalty(above: tf.Tensor2D, variant: (typeof variants)[number], alpha: number, b: number): tf.Tensor {
  const logarithm = (scaled: tf.Tensor) => tf.log(tf.add(1, scaled));
  switch (variant) {
    case "O":
      return above;
    case "Ds":
      return logarithm(above);
    case "Dq":
      return tf.sub(1, tf.exp(tf.mul(-alpha, logarithm(above))));
    case "Iu":
      return tf.mul(tf.add(1, above), logarithm(above));
    case "Ib":
      return tf.div(tf.sub(tf.mul(b, above), logarithm(tf.mul(b, above))), b * b);
  }
}
