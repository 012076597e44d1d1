import { oneOfFew, optional, positiveInteger } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { defineScoreLoss } from "./define-score-loss.js";
import { type TeacherDistance, teacherDistances } from "./teacher-distance.js";

interface DistillationOptions {
  distance: TeacherDistance;
  projectionDim: number | undefined;
}

/** What the loss learns where it projects. */
export type TeacherProjection = { readonly kernel?: tf.Tensor; readonly bias?: tf.Tensor };

/**
 * Embedding distillation: every vector shall be the teacher's of the same sample.
 * d(x, t) with d = 1 − cosine (`"cosine"`), Σ_k (x_k − t_k)² / dim (`"squared"`), or |x − t| (`"euclidean"`); the mean over both rows of all pairs.
 * Needs no relation of the two: a batch of single samples is one of pairs of themselves.
 *
 * Options: `distance` (`"cosine"`), `projectionDim` (none): the teacher's dimension, where it is not that of the embeddings; learns a linear map
 * `kernel [dim, projectionDim]`, `bias [projectionDim]` from the embedding to the teacher's space, which is thrown away after training.
 *
 * Use it to make a small model of a large one, or a multilingual one of an English one (both sides of a translation, the teacher's vector of the English).
 *
 * Reimers & Gurevych, "Making monolingual sentence embeddings multilingual using knowledge distillation", EMNLP 2020 (`"squared"`).
 * @throws {InvalidArgumentError} for a wrong option, and in a step whose batch has no teacher's vectors, or of another dimension
 */
export const embeddingDistillation = defineScoreLoss<DistillationOptions, TeacherProjection, "teacher">({
  name: "embeddingDistillation",
  defaults: { distance: "cosine", projectionDim: undefined },
  check: { distance: oneOfFew(["cosine", "squared", "euclidean"]), projectionDim: optional(positiveInteger) },
  needs: ["teacher"],
  parameters({ dim }, random, { projectionDim }) {
    if (projectionDim === undefined) return {};
    const values = Float32Array.from({ length: dim * projectionDim }, () => random.normal() / Math.sqrt(dim));
    return { kernel: { shape: [dim, projectionDim], values }, bias: { shape: [projectionDim], values: new Float32Array(projectionDim) } };
  },
  compute({ first, second, teacher }, { distance }, { kernel, bias }) {
    const projected = (rows: tf.Tensor2D): tf.Tensor2D => (kernel && bias ? tf.add(tf.matMul(rows, kernel as tf.Tensor2D), bias) : rows);
    const rows = { first: projected(first), second: projected(second) };
    return { terms: teacherDistances("embeddingDistillation", rows, teacher, distance) }; // [pairs, 2]
  },
});
