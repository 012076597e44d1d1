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
  perPart,
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
import { backendInfo, jit } from "@quaterion/tfjs-backend-onnxruntime";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { everyLoss } from "../src/every-loss.js";
import { type ExampleBatch, exampleBatch } from "../src/example-batch.js";

/** Wrappers and parts, each within a loss. */
const combined: readonly (readonly [string, Loss])[] = [
  ["matryoshka", matryoshka(supervisedContrastive(), { dims: [8, 4] })],
  ["weightedSum", weightedSum({ far: contrastive(), near: [0.5, supervisedContrastive()] })],
  ["perPart", perPart({ a: contrastive() }, supervisedContrastive())],
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

/** Takes its chance from the distances' last digits, which differ between engines. */
const drawn = /^miner (distanceWeighted|uniformHistogram)/;

/** A loss with all its gradients, as a function of its inputs. */
function withGradients(loss: Loss, { batch, inputs }: ExampleBatch) {
  const names = Object.keys(inputs);
  return (...given: tf.Tensor[]): tf.Tensor[] => {
    const value = () => {
      const made = batch(Object.fromEntries(names.map((name, i) => [name, given[i]!])));
      return lossValue(loss as never, made.batch as never, made.parameters as never) as tf.Scalar;
    };
    // Not tf.valueAndGrads, which refuses what a loss has no use for.
    const found = tf.engine().gradients(value, given, undefined, true);
    return [found.value, ...given.map((input, i) => found.grads[i] ?? tf.zerosLike(input))];
  };
}

async function numbersOf(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  const numbers = await Promise.all(tensors.map(async (tensor) => (await tensor.data()) as Float32Array));
  tf.dispose([...tensors]);
  return numbers;
}

describe("on ONNX Runtime", () => {
  it.each([...everyLoss(), ...combined])("%s is what it is on the plain backend, in one native graph", async (name, loss) => {
    const size = { rows: 16, dim: 8, classes: 4 };
    await useEngine("cpu");
    const plain = exampleBatch(loss, size);
    const expected = await numbersOf(tf.tidy(() => withGradients(loss, plain)(...Object.values(plain.inputs))));
    expect(expected[0]![0]).not.toBe(0);

    await useEngine("onnxruntime");
    const example = exampleBatch(loss, size);
    const step = jit(withGradients(loss, example));
    const call = () => numbersOf(step(...Object.values(example.inputs)));
    const { fallbacks: before, runs } = backendInfo();
    const actual = await call();
    const { fallbacks } = backendInfo();
    // A range has no inputs: its elements are made at once, and break no graph.
    const fallen = Object.keys(fallbacks).filter((kernel) => kernel !== "Range" && fallbacks[kernel] !== before[kernel]);
    expect(fallen).toEqual([]);
    expect(backendInfo().runs - runs).toBe(1);
    const again = [await call(), await call(), await call()];
    expect(step.replays).toBeGreaterThan(0);
    step.dispose();

    expect(again.at(-1)).toEqual(actual);
    if (drawn.test(name)) return;
    for (const [i, numbers] of expected.entries()) {
      const largest = Math.max(1e-3, ...numbers.map(Math.abs));
      const worst = Math.max(...numbers.map((number, j) => Math.abs(number - actual[i]![j]!)));
      expect(worst / largest, `${["value", ...Object.keys(example.inputs)][i]}: greatest difference, of the greatest number`).toBeLessThan(
        2e-5,
      );
    }
  });
});
