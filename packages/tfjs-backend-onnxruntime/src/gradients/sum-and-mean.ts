import * as tf from "@tensorflow/tfjs-core";

/** The gradient of a sum or mean over axes, `scale` times what comes back, copied along the axes. */
function copied(dy: tf.Tensor, x: tf.Tensor, axis: number | number[], scale: number): tf.Tensor {
  const shape = x.shape.slice();
  for (const one of tf.util.parseAxisParam(axis, x.shape)) shape[one] = 1;
  // TensorFlow.js's own gradient multiplies by `tf.ones`, an array that is made element by element; this one the engine never makes.
  return tf.mul(tf.reshape(scale === 1 ? dy : tf.mul(dy, scale), shape), tf.fill(x.shape, 1));
}

/** Gradients of Sum and Mean that make no array of ones. */
export const sumAndMean: readonly tf.GradConfig[] = [
  {
    kernelName: tf.Sum,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attrs) => ({ x: () => copied(dy as tf.Tensor, x!, attrs["axis"] as number[], 1) }),
  },
  {
    kernelName: tf.Mean,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attrs) => ({
      x: () => {
        const axes = tf.util.parseAxisParam(attrs["axis"] as number[], x!.shape);
        const count = axes.reduce((size, one) => size * x!.shape[one]!, 1);
        return copied(dy as tf.Tensor, x!, axes, 1 / count);
      },
    }),
  },
];
