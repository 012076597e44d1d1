import type { InitialTensor, ViewLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { initialParameters, inScope } from "./loss-run.js";
import { lossValue } from "./loss-value.js";
import type { PlainViewBatch } from "./plain-batch.js";

/** A loss on views and its gradients, row-major: one list for each view. */
export interface ViewLossRun {
  readonly value: number;
  readonly views: readonly (readonly number[])[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

/** Runs a view loss on a plain batch. */
export function runViewLoss(
  loss: ViewLoss,
  { views }: PlainViewBatch,
  initial: Readonly<Record<string, InitialTensor>> = initialParameters(loss, views[0]![0]!.length),
): ViewLossRun {
  return inScope(() => {
    const embedded = views.map((rows) => tf.tensor2d(rows.flat(), [rows.length, rows[0]!.length]));
    const names = Object.keys(initial);
    const weights = names.map((name) => tf.tensor(initial[name]!.values, [...initial[name]!.shape]));
    const given = [...embedded, ...weights];
    // Not tf.valueAndGrads, which refuses what a loss has no use for; here its gradient is 0.
    const { value, grads } = tf
      .engine()
      .gradients(
        () => lossValue(loss, { views: embedded }, Object.fromEntries(names.map((name, i) => [name, weights[i]!]))),
        given,
        undefined,
        true,
      );
    const plain = given.map((tensor, i) => [...(grads[i] ?? tf.zerosLike(tensor)).dataSync()]);
    return {
      value: value.dataSync()[0]!,
      views: plain.slice(0, views.length),
      parameters: Object.fromEntries(names.map((name, i) => [name, plain[views.length + i]!])),
    };
  });
}
