import * as tf from "@tensorflow/tfjs-core";

/** Squared Euclidean length of each row, `[rows, 1]`; its gradient goes once over the rows, where that of a product with itself goes three times. */
export function squaredLengths(rows: tf.Tensor2D): tf.Tensor2D {
  const operation = tf.customGrad<tf.Tensor2D>((input, save) => {
    (save as tf.GradSaveFunc)([input as tf.Tensor2D]);
    return {
      value: tf.sum<tf.Tensor2D>(tf.mul(input as tf.Tensor2D, input as tf.Tensor2D), 1, true),
      gradFunc: (dy: tf.Tensor2D, [x]: tf.Tensor[]) => tf.mul(x!, tf.mul(2, dy)),
    };
  });
  return operation(rows);
}
