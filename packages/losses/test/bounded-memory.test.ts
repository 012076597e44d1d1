import type { RelationLoss } from "@quaterion/core/training";
import { lossValue, useEngine } from "@quaterion/testing";
import "@quaterion/tfjs-backend-onnxruntime";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pnp, smoothAP, tripletMargin } from "../src/index.js";

const rows = 512;
/** One array of all triplets: 512 MiB. */
const allTripletsMiB = (4 * rows ** 3) / 2 ** 20;

const peakMiB = () => process.resourceUsage().maxRSS / 1024;

/** Reads a step's value and gradient of a batch whose every row is of one of eight labels, of which nobody knows how many there are. */
async function step(loss: RelationLoss): Promise<number> {
  const summary = tf.tidy(() => {
    const labels = tf.mod(tf.range(0, rows), 8);
    const same = tf.cast<tf.Tensor2D>(tf.equal(tf.expandDims(labels, 1), labels), "float32");
    const masks = { similar: tf.sub<tf.Tensor2D>(same, tf.eye(rows)), dissimilar: tf.sub<tf.Tensor2D>(1, same) };
    const embeddings = tf.randomNormal([rows, 16], 0, 1, "float32", 1) as tf.Tensor2D;
    const { value, grad } = tf.valueAndGrad((x) =>
      lossValue(loss, { anchors: x as tf.Tensor2D, candidates: x as tf.Tensor2D, ...masks }, {}),
    )(embeddings) as unknown as { value: tf.Scalar; grad: tf.Tensor };
    return tf.add(value, tf.sum(tf.abs(grad)));
  });
  const [sum] = await summary.data();
  summary.dispose();
  return sum!;
}

let before = 0;
beforeAll(async () => {
  await useEngine("onnxruntime");
  before = peakMiB();
});
afterAll(() => useEngine());

it.each([
  ["tripletMargin", tripletMargin()],
  ["pnp", pnp()],
  ["smoothAP", smoothAP()],
] as const)("%s never holds all triplets at once on our engine", async (_, loss) => {
  expect(await step(loss as RelationLoss)).toBeGreaterThan(0);
  expect(peakMiB() - before).toBeLessThan(0.6 * allTripletsMiB);
});
