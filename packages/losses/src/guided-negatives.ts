import { boolean, InvalidArgumentError, nonNegativeNumber, oneOfFew, positiveFiniteNumber } from "@quaterion/core";
import type { RelationBatch } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { jointSoftmax } from "./joint-softmax.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";
import { relationsWithin } from "./relations-within.js";

/** Above every cosine: the border of an anchor or candidate without a similar partner, whose terms do not count. */
const noBorder = 4;

/**
 * Guided negatives (GISTEmbed): multiple negatives ranking that leaves out the negatives which a guide model finds too much like the anchor.
 * For a similar pair (i, j): −log( exp(s_ij) / (exp(s_ij) + Σ_n exp(s_in) + Σ_a exp(s_ia) + Σ_c exp(s_cj)) ), s = cosine / temperature, over the
 * candidates n and the anchors a dissimilar to i, and the candidates c dissimilar to j; the mean over similar pairs. A negative takes part only where
 * the guide's cosine is no more than that of the pair, g_ij − margin (`"absolute"`) or g_ij − |g_ij| · margin (`"relative"`). Of several similar
 * partners the one that the guide finds least alike sets the border.
 *
 * Options: `temperature` (0.01), `margin` (0), `marginStrategy` (`"absolute"`), `contrastAnchors` (true): with the anchors a, `contrastCandidates`
 * (true): with the candidates c. Both need whole batches. Only given negatives are certain, so they are judged like all others.
 *
 * Use it for pairs in which many texts of a batch could be right answers to one another, and a good model is at hand to tell them.
 *
 * Solatorio, "GISTEmbed: guided in-sample selection of training negatives for text embedding fine-tuning", 2024; margins: de Souza P.
 * Moreira et al., "NV-Retriever", 2024 (positive-aware mining).
 * @throws {InvalidArgumentError} for a wrong option, and in a step whose batch has no guide, or does not tell the relations that an option reads
 */
export const guidedNegatives = defineRelationLoss({
  name: "guidedNegatives",
  defaults: {
    temperature: 0.01,
    margin: 0,
    marginStrategy: "absolute" as "absolute" | "relative",
    contrastAnchors: true,
    contrastCandidates: true,
  },
  check: {
    temperature: positiveFiniteNumber,
    margin: nonNegativeNumber,
    marginStrategy: oneOfFew(["absolute", "relative"]),
    contrastAnchors: boolean,
    contrastCandidates: boolean,
  },
  memory: false,
  needs: ["guide"],
  wholeBatch: ({ contrastAnchors, contrastCandidates }) => contrastAnchors || contrastCandidates,
  compute(batch, { temperature, margin, marginStrategy, contrastAnchors, contrastCandidates }) {
    const { anchors, candidates, similar, dissimilar } = batch;
    const guide = guideOf(batch);
    const scaled = (a: tf.Tensor2D, c: tf.Tensor2D): tf.Tensor2D => tf.div(cosineSimilarities(a, c), temperature);
    const logits = scaled(anchors, candidates); // [batch, candidates]
    const guided = detach(cosineSimilarities(guide.anchors, guide.candidates));
    const lowered = marginStrategy === "absolute" ? tf.sub(guided, margin) : tf.sub(guided, tf.mul(margin, tf.abs(guided)));
    const borders = tf.add(tf.mul(similar, lowered), tf.mul(tf.sub(1, similar), noBorder));
    const allowed = (mask: tf.Tensor2D, likeness: tf.Tensor2D, border: tf.Tensor): tf.Tensor2D =>
      tf.mul(mask, tf.cast(tf.lessEqual(likeness, border), "float32"));

    const ofAnchor = tf.min(borders, 1, true); // [batch, 1]
    let [rows, rowMask] = [logits, allowed(dissimilar, guided, ofAnchor)];
    if (contrastAnchors) {
      const among = relationsWithin(batch, "anchors", "guidedNegatives.contrastAnchors");
      const likeness = detach(cosineSimilarities(guide.anchors, guide.anchors));
      rows = tf.concat([rows, scaled(anchors, anchors)], 1);
      rowMask = tf.concat([rowMask, allowed(among.dissimilar, likeness, ofAnchor)], 1);
    }
    const ofAnchors = maskedLogSumExp(rows, rowMask);
    if (!contrastCandidates) return { terms: jointSoftmax(logits, { ofAnchors }), counted: similar };
    const among = relationsWithin(batch, "candidates", "guidedNegatives.contrastCandidates");
    const likeness = detach(cosineSimilarities(guide.candidates, guide.candidates));
    const columnMask = allowed(among.dissimilar, likeness, tf.min(borders, 0, true));
    const ofCandidates = maskedLogSumExp(scaled(candidates, candidates), columnMask, 0);
    return { terms: jointSoftmax(logits, { ofAnchors, ofCandidates }), counted: similar };
  },
});

function guideOf({ guide }: RelationBatch) {
  if (guide) return guide;
  throw new InvalidArgumentError(
    "`guidedNegatives` needs a guide model's vectors of the same rows; the batch has no `guide`. Give `fit` the option `guide`, a frozen encoder.",
  );
}
