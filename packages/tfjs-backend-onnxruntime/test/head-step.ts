import * as tf from "@tensorflow/tfjs-core";

/** A head dim → dim → out trained by in-batch softmax and Adam. @returns a function that makes one step and reads the loss */
export function headStep({
  batch,
  dim = 32,
  out = 16,
  gated = false,
}: {
  batch: number;
  dim?: number;
  out?: number;
  gated?: boolean;
}): () => number {
  const normal = (shape: number[], seed: number, deviation: number) => tf.randomNormal(shape, 0, deviation, "float32", seed);
  const anchors = normal([batch, dim], 1, 1);
  const positives = tf.tidy(() => tf.add(anchors, normal([batch, dim], 2, 0.3)));
  const scale = 1 / Math.sqrt(dim);
  const weights = {
    hidden: tf.variable(normal([dim, dim], 3, scale) as tf.Tensor2D),
    hiddenBias: tf.variable(tf.zeros([dim])),
    gate: tf.variable(normal([dim, dim], 4, scale) as tf.Tensor2D),
    output: tf.variable(normal([dim, out], 5, scale) as tf.Tensor2D),
    outputBias: tf.variable(tf.zeros([out])),
  };
  const trained = gated ? Object.values(weights) : Object.values(weights).filter((variable) => variable !== weights.gate);
  const optimizer = tf.train.adam(1e-3);
  const own = tf.tidy(() => tf.oneHot(tf.range(0, batch, 1, "int32") as tf.Tensor1D, batch));
  const head = (x: tf.Tensor) => {
    let hidden: tf.Tensor = tf.relu(tf.add(tf.matMul(x as tf.Tensor2D, weights.hidden), weights.hiddenBias));
    if (gated) hidden = tf.mul(hidden, tf.sigmoid(tf.matMul(x as tf.Tensor2D, weights.gate)));
    const y = tf.add(tf.matMul(hidden as tf.Tensor2D, weights.output), weights.outputBias);
    return tf.div(y, tf.norm(y, 2, 1, true)) as tf.Tensor2D;
  };
  return () => {
    const loss = optimizer.minimize(
      () => {
        const logits = tf.mul(tf.matMul(head(anchors), head(positives), false, true), 20);
        return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), own), 1))) as tf.Scalar;
      },
      true,
      trained,
    )!;
    const [value] = loss.dataSync();
    loss.dispose();
    return value!;
  };
}
