import type { InitialTensor } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/** Weights as tensors on the engine in use, over copies that it may keep. The caller disposes them. */
export function tensorsOf(weights: Readonly<Record<string, InitialTensor>>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { shape, values }]) => [name, tf.tensor(values.slice(), shape as number[], "float32")]),
  );
}
