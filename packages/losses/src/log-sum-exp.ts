import * as tf from "@tensorflow/tfjs-core";

/** log Σ exp(values) of each row, `[rows, 1]`: the soft maximum, exact for values of any size. Gradient: the row's softmax. */
export const logSumExp: (values: tf.Tensor2D) => tf.Tensor2D = /* @__PURE__ */ tf.customGrad(((
  values: tf.Tensor2D,
  save: tf.GradSaveFunc,
) => {
  const highest = tf.max<tf.Tensor2D>(values, 1, true);
  const shares = tf.exp(tf.sub(values, highest));
  const total = tf.sum(shares, 1, true);
  save([shares, total]);
  return {
    value: tf.add<tf.Tensor2D>(highest, tf.log(total)),
    gradFunc: (dy: tf.Tensor2D, [kept, divisor]: tf.Tensor[]) => tf.mul(kept!, tf.div(dy, divisor!)),
  };
}) as Parameters<typeof tf.customGrad<tf.Tensor2D>>[0]);
