import type { LossParameters, ViewLoss } from "@quaterion/core/training";
import { lossValue, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";

/** The value of a view loss on views and on what it has learned. */
export async function handViewValue<Parameters extends LossParameters>(
  loss: ViewLoss<Parameters>,
  views: number[][][],
  parameters: Readonly<Record<string, number[] | number[][]>> = {},
) {
  await useEngine();
  return tf.tidy(() => {
    const learned = Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, tf.tensor(values)]));
    return lossValue(loss, { views: views.map((rows) => tf.tensor2d(rows)) }, learned as unknown as Parameters).dataSync()[0]!;
  });
}
