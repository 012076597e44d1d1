import type { Loss } from "@quaterion/core/training";
import {
  angularMiner,
  arcFace,
  batchEasyHard,
  centerInvariant,
  classWeighted,
  contrastive,
  distanceWeighted,
  divisor,
  easy,
  globalOrthogonal,
  hard,
  hdc,
  lpDistances,
  lpRegularizer,
  manhattanDistances,
  matryoshka,
  mined,
  multiSimilarityMiner,
  nonZeroMean,
  pairMargin,
  perAnchor,
  regularFace,
  regularized,
  selfSupervised,
  semiHard,
  signalToNoiseDistances,
  softTriple,
  sparseCenters,
  supervisedContrastive,
  threshold,
  tripletMargin,
  tripletMarginMiner,
  uniformHistogram,
  weightedSum,
  zeroMean,
} from "@quaterion/losses";
import { lossValue, useEngine } from "@quaterion/testing";
import { backendInfo } from "@quaterion/tfjs-backend-onnxruntime";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { everyLoss } from "../src/every-loss.js";
import { exampleBatch } from "../src/example-batch.js";

/** Wrappers and parts, each within a loss. */
const combined: readonly (readonly [string, Loss])[] = [
  ["matryoshka", matryoshka(supervisedContrastive(), { dims: [8, 4] })],
  ["weightedSum", weightedSum({ far: contrastive(), near: [0.5, supervisedContrastive()] })],
  ["selfSupervised", selfSupervised(supervisedContrastive())],
  ["classWeighted", classWeighted(arcFace(), [1, 2, 3, 0])],
  ["regularizers", regularized(regularized(contrastive(), { embeddings: globalOrthogonal() }), { embeddings: lpRegularizer() })],
  ["zeroMean", regularized(contrastive(), { embeddings: zeroMean() })],
  ["regularFace", regularized(arcFace(), { parameters: regularFace() })],
  ["centerInvariant", regularized(arcFace(), { parameters: centerInvariant() })],
  ["sparseCenters", regularized(softTriple(), { parameters: sparseCenters() })],
  ...[lpDistances(3), manhattanDistances, signalToNoiseDistances].map(
    (distances, i) => [`distances ${i}`, contrastive({ distances })] as const,
  ),
  ...[divisor(7), nonZeroMean(), perAnchor(), threshold({ low: 0.01 })].map(
    (reducer) => [`reducer ${reducer.name}`, contrastive({ reducer })] as const,
  ),
  ...[angularMiner(), easy(), hard(), semiHard(), tripletMarginMiner(), distanceWeighted(), batchEasyHard()].map(
    (miner) => [`miner ${miner.name}`, tripletMargin({ miner })] as const,
  ),
  ...[hdc(), pairMargin(), multiSimilarityMiner(), uniformHistogram()].map(
    (miner) => [`miner ${miner.name}`, mined(contrastive(), miner)] as const,
  ),
];

/** A loss and all its gradients on an engine, by name. */
async function runOn(backend: string, loss: Loss): Promise<Map<string, Float32Array>> {
  await useEngine(backend);
  const results = new Map<string, tf.Tensor>();
  tf.tidy(() => {
    const { inputs, batch } = exampleBatch(loss, { rows: 16, dim: 8, classes: 4 });
    const value = () => {
      const made = batch(inputs);
      return lossValue(loss as never, made.batch as never, made.parameters as never) as tf.Scalar;
    };
    const names = Object.keys(inputs);
    // Not tf.valueAndGrads, which refuses what a loss has no use for.
    const found = tf.engine().gradients(
      value,
      names.map((name) => inputs[name]!),
      undefined,
      true,
    );
    results.set("value", tf.keep(found.value));
    names.forEach((name, i) => {
      if (found.grads[i]) results.set(`gradient of ${name}`, tf.keep(found.grads[i]));
    });
  });
  const numbers = new Map<string, Float32Array>();
  for (const [name, tensor] of results) {
    numbers.set(name, (await tensor.data()) as Float32Array);
    tensor.dispose();
  }
  return numbers;
}

describe("on ONNX Runtime, without a kernel that falls back,", () => {
  it.each([...everyLoss(), ...combined])("%s is what it is on the plain backend", async (_, loss) => {
    const expected = await runOn("cpu", loss);
    await useEngine("onnxruntime");
    const before = JSON.stringify(backendInfo().fallbacks);
    const actual = await runOn("onnxruntime", loss);
    expect(JSON.stringify(backendInfo().fallbacks)).toBe(before);
    expect([...actual.keys()]).toEqual([...expected.keys()]);
    expect(expected.get("value")![0]).not.toBe(0);
    for (const [name, numbers] of expected) {
      const size = Math.max(1e-3, ...numbers.map(Math.abs));
      const worst = Math.max(...numbers.map((number, i) => Math.abs(number - actual.get(name)![i]!)));
      expect(worst / size, `${name}: the greatest difference, of the greatest number ${size}`).toBeLessThan(2e-5);
    }
  });
});
