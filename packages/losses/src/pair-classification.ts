import { type Check, oneOfFew, reject } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { classMask, classSoftmax } from "./class-softmax.js";
import { defineScoreLoss } from "./define-score-loss.js";
import { magnitudes } from "./magnitudes.js";

/** What a classifier of pairs sees: both vectors, the size of their difference, their product; coordinate by coordinate. */
export type PairFeature = "vectors" | "difference" | "product";
const featureNames: readonly PairFeature[] = ["vectors", "difference", "product"];

const pairFeatures: Check<readonly PairFeature[]> = (value, argument) => {
  if (!Array.isArray(value) || value.length === 0) return reject(argument, `a list of one or more of ${featureNames.join(", ")}`, value);
  for (const [i, feature] of value.entries()) oneOfFew(featureNames)(feature, `${argument}[${i}]`);
  return value;
};

/** The classifier over pairs. */
export type PairClassifier = { readonly kernel: tf.Tensor; readonly bias: tf.Tensor };

interface PairClassificationOptions {
  features: readonly PairFeature[];
}

const width = (features: readonly PairFeature[]) =>
  featureNames.reduce((sum, name) => sum + (features.includes(name) ? (name === "vectors" ? 2 : 1) : 0), 0);

/**
 * Pair classification (the softmax objective of Sentence-BERT, for natural language inference): a classifier learned beside the embeddings tells what
 * a pair is: entailment, neutral, contradiction.
 * Cross entropy of softmax(W (u, v, |u − v|) + b) against the pair's class; the mean over pairs that have one.
 *
 * `features` (vectors, difference): also `"product"`, u_k v_k; always in the order vectors, difference, product.
 * Learns `kernel [classes, features · dim]` and `bias [classes]`, which are thrown away after training.
 *
 * Use it for pairs with classes that are no degrees of likeness; where they are, `multipleNegativesRanking` with contradictions as hard negatives
 * is better.
 *
 * Reimers & Gurevych, "Sentence-BERT", EMNLP 2019, section 3 (classification objective).
 * @throws {InvalidArgumentError} for a wrong option, and in a step whose batch has no classes of pairs
 */
export const pairClassification = defineScoreLoss<PairClassificationOptions, PairClassifier, "classes">({
  name: "pairClassification",
  defaults: { features: ["vectors", "difference"] },
  check: { features: pairFeatures },
  needs: ["classes"],
  parameters({ dim, classes }, random, { features }) {
    const inputs = width(features) * dim;
    const values = Float32Array.from({ length: classes * inputs }, () => random.normal() / Math.sqrt(inputs));
    return { kernel: { shape: [classes, inputs], values }, bias: { shape: [classes], values: new Float32Array(classes) } };
  },
  compute({ first, second, classes }, { features }, { kernel, bias }) {
    const seen: tf.Tensor2D[] = [];
    if (features.includes("vectors")) seen.push(first, second);
    if (features.includes("difference")) seen.push(magnitudes(tf.sub(first, second)) as tf.Tensor2D);
    if (features.includes("product")) seen.push(tf.mul(first, second));
    const logits: tf.Tensor2D = tf.add(tf.matMul(tf.concat(seen, 1), kernel as tf.Tensor2D, false, true), bias); // [pairs, classes]
    return classSoftmax(logits, classMask(classes, bias.shape[0]!));
  },
});
