import * as tf from "@tensorflow/tfjs-core";

/** 1 where a row meets itself, `[count, count]`. */
export function identityMask(count: number): tf.Tensor2D {
  const numbers = tf.range(0, count, 1, "int32");
  return tf.cast(tf.equal(tf.expandDims(numbers, 1), numbers), "float32");
}
