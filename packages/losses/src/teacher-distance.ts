import { InvalidArgumentError } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";
import { pairedCosines } from "./paired-cosines.js";
import { squaredLengths } from "./squared-lengths.js";

/** How far a vector is from its teacher's. */
export type TeacherDistance = "cosine" | "squared" | "euclidean";

/**
 * Distance of each row to its teacher's, `[pairs, 1]`: 1 − cosine; the mean over coordinates of squared differences; or the length of the difference,
 * whose gradient is 0 where it is 0.
 * @param loss the loss's name, for the message
 * @throws {InvalidArgumentError} when the two have other dimensions
 */
export function teacherDistances(loss: string, rows: tf.Tensor2D, teacher: tf.Tensor2D, distance: TeacherDistance): tf.Tensor2D {
  if (rows.shape[1] !== teacher.shape[1]) {
    throw new InvalidArgumentError(
      `\`${loss}\` needs embeddings of the teacher's dimension ${teacher.shape[1]}; received ${rows.shape[1]}. Set \`projectionDim: ${teacher.shape[1]}\` of \`embeddingDistillation\`, or take a head of that dimension.`,
    );
  }
  if (distance === "cosine") return tf.expandDims(tf.sub(1, pairedCosines(rows, teacher)), 1);
  const squared = squaredLengths(tf.sub(rows, teacher));
  if (distance === "squared") return tf.div(squared, rows.shape[1]);
  const apart = tf.cast(tf.greater(detach(squared), 0), "float32");
  // The root is taken of 1 where the rows are equal, so that its gradient stays finite there.
  return tf.mul(apart, tf.sqrt(tf.add(tf.mul(squared, apart), tf.sub(1, apart))));
}
