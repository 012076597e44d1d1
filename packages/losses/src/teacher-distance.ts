import { InvalidArgumentError } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";
import { pairedCosines } from "./paired-cosines.js";
import { type BothSides, squaredErrors } from "./squared-errors.js";
import { squaredLengths } from "./squared-lengths.js";

/** How far a vector is from its teacher's. */
export type TeacherDistance = "cosine" | "squared" | "euclidean";

/**
 * Distance of each row of both sides to its teacher's, `[pairs, 2]`: 1 − cosine; the mean over coordinates of squared differences; or the length of the
 * difference, whose gradient is 0 where it is 0.
 * @param loss the loss's name, for the message
 * @throws {InvalidArgumentError} when rows and teacher's have other dimensions
 */
export function teacherDistances(loss: string, rows: BothSides, teacher: BothSides, distance: TeacherDistance): tf.Tensor2D {
  const [dim, wanted] = [rows.first.shape[1], teacher.first.shape[1]];
  if (dim !== wanted) {
    throw new InvalidArgumentError(
      `\`${loss}\` needs embeddings of the teacher's dimension ${wanted}; received ${dim}. Set \`projectionDim: ${wanted}\` of \`embeddingDistillation\`, or take a head of that dimension.`,
    );
  }
  if (distance === "squared") return squaredErrors(rows, teacher);
  const both = (of: (rows: tf.Tensor2D, teacher: tf.Tensor2D) => tf.Tensor) =>
    tf.stack([of(rows.first, teacher.first), of(rows.second, teacher.second)], 1) as tf.Tensor2D;
  return distance === "cosine" ? tf.sub(1, both(pairedCosines)) : both(apart);
}

/** |x − t| of each row, `[pairs]`. */
function apart(rows: tf.Tensor2D, teacher: tf.Tensor2D): tf.Tensor {
  const squared = tf.squeeze(squaredLengths(tf.sub(rows, teacher)), [1]);
  const differ = tf.cast(tf.greater(detach(squared), 0), "float32");
  // The root is taken of 1 where the rows are equal, so that its gradient stays finite there.
  return tf.mul(differ, tf.sqrt(tf.add(tf.mul(squared, differ), tf.sub(1, differ))));
}
