import { fill, type GradConfig, Mean, mul, reshape, Sum, type Tensor, util } from "@tensorflow/tfjs-core";

/** The gradient of a sum or mean over axes, `scale` times what comes back, copied along the axes. */
function copied(dy: Tensor, x: Tensor, axis: number | number[], scale: number): Tensor {
  const shape = x.shape.slice();
  for (const one of util.parseAxisParam(axis, x.shape)) shape[one] = 1;
  // TensorFlow.js's own gradient multiplies by `tf.ones`, an array that is made element by element; this one the engine never makes.
  return mul(reshape(scale === 1 ? dy : mul(dy, scale), shape), fill(x.shape, 1));
}

/** Gradients of Sum and Mean that make no array of ones. */
export const sumAndMean: readonly GradConfig[] = [
  {
    kernelName: Sum,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attrs) => ({ x: () => copied(dy as Tensor, x!, attrs["axis"] as number[], 1) }),
  },
  {
    kernelName: Mean,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attrs) => ({
      x: () => {
        const axes = util.parseAxisParam(attrs["axis"] as number[], x!.shape);
        const count = axes.reduce((size, one) => size * x!.shape[one]!, 1);
        return copied(dy as Tensor, x!, axes, 1 / count);
      },
    }),
  },
];
