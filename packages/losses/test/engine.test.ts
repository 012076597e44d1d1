import { Random } from "@quaterion/core";
import type { Loss, LossParameters } from "@quaterion/core/training";
import { lossRatios, sumOfRatios, useEngine } from "@quaterion/testing";
import { backendInfo } from "@quaterion/tfjs-backend-onnxruntime";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import * as losses from "../src/index.js";

const { normalizedSoftmax, nTXent, regularized, weightedSum } = losses;

const tried: Loss[] = [
  losses.tripletMargin(),
  losses.tripletMargin({ soft: true, average: "every" }),
  losses.tripletMargin({ miner: losses.semiHard() }),
  losses.tripletMargin({ swap: true }),
  losses.smoothAP({ temperature: 0.1 }),
  losses.pnp({ temperature: 0.1, variant: "Ib" }),
  losses.surrogatePrecision({ rankTemperature: 0.1 }),
  losses.dynamicSoftMargin({ negatives: "every" }),
  losses.coSENT(),
  losses.coSENT({ scale: 100 }),
  losses.anglE(),
  losses.softmax({ bias: true, labelSmoothing: 0.1 }),
  losses.subCenterArcFace({ centers: 2 }),
  losses.sphereFace(),
  losses.largeMarginSoftmax({ margin: 3 }),
  losses.p2sGrad(),
  losses.softTriple({ centers: 2 }),
  losses.proxyNCA(),
  losses.proxyNCA({ against: "others" }),
  losses.center({ normalize: true }),
  losses.instance(),
  losses.vicReg(),
  losses.barlowTwins(),
  losses.simSiam(),
  losses.contrastiveTension(),
  losses.selfSupervised(nTXent()),
  losses.selfSupervised(nTXent(), { symmetric: false }),
  losses.matryoshka(nTXent(), { dims: [6, 3], weights: [1, 0.5] }),
  weightedSum({
    classes: normalizedSoftmax(),
    compact: [0.1, losses.center()],
  }),
  regularized(nTXent(), { embeddings: losses.lpRegularizer() }),
  regularized(nTXent(), { embeddings: losses.lpRegularizer({ p: 3, power: 1.5 }) }),
  regularized(nTXent(), { embeddings: losses.zeroMean() }),
  regularized(nTXent(), { embeddings: losses.regularFace() }),
  regularized(nTXent(), { embeddings: losses.globalOrthogonal() }),
  regularized(normalizedSoftmax(), { parameters: losses.centerInvariant() }),
  regularized(losses.softTriple({ centers: 2 }), { parameters: losses.sparseCenters({ centers: 2 }) }),
] as Loss[];

const [rows, dim, labels] = [6, 6, [0, 1, 2, 0, 1, -1]];

function numbers(seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: rows * dim }, () => random.normal());
}

/** A batch of the kind that a loss reads, over two matrices. */
function batchOf(reads: Loss["reads"], [first, second]: tf.Tensor2D[]): object {
  if (reads === "classes") return { embeddings: first, classes: tf.tensor1d(labels, "int32") };
  if (reads === "views") return { views: [first, second] };
  if (reads === "scores") return { first, second, scores: tf.tensor1d([0.2, 0.8, 0.2, 1, 0, 0.8]) };
  const mask = (wanted: number) =>
    tf.tensor2d(labels.map((a, i) => labels.map((b, j) => ((i === j || a < 0 || b < 0 ? 0 : a === b ? 1 : -1) === wanted ? 1 : 0))));
  return { anchors: first, candidates: first, similar: mask(1), dissimilar: mask(-1), mostSimilar: 1 };
}

/** Value and all gradients of a step on a backend, read at once. */
async function step(loss: Loss, backend: string): Promise<number[]> {
  await useEngine(backend);
  const initial = Object.entries(loss.parameters?.({ dim, classes: 3 }, new Random(3)) ?? {});
  const all = tf.tidy(() => {
    const embedded = [1, 2].map((seed) => tf.tensor2d(numbers(seed), [rows, dim]));
    const learned = initial.map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape])] as const);
    const batch = batchOf(loss.reads, embedded);
    const given = [...embedded, ...learned.map(([, tensor]) => tensor)];
    const { value, grads } = tf
      .engine()
      .gradients(
        () => sumOfRatios(lossRatios(loss.compute(batch as never, Object.fromEntries(learned) as LossParameters), loss.reducer)),
        given,
        undefined,
        true,
      );
    return tf.concat([tf.reshape(value, [1]), ...grads.flatMap((gradient) => (gradient ? [tf.reshape(gradient, [-1])] : []))]);
  });
  const read = [...(await all.data())];
  all.dispose();
  return read;
}

describe("on our engine", () => {
  afterAll(() => useEngine());
  for (const loss of tried) {
    it(`${loss.name} (${JSON.stringify(loss.config)}) is one native graph, with the same value and gradient`, async () => {
      const expected = await step(loss, "cpu");
      await useEngine("onnxruntime");
      const before = backendInfo();
      const actual = await step(loss, "onnxruntime");
      const after = backendInfo();
      // Range makes a constant: it reads nothing, so it does not break the graph.
      const left = ({ fallbacks: { Range: _, ...rest } }: typeof before) => rest;
      expect([after.runs - before.runs, left(after)]).toEqual([1, left(before)]);
      const largest = Math.max(...expected.map(Math.abs));
      expect(actual).toHaveLength(expected.length);
      actual.forEach((entry, i) => {
        expect(Math.abs(entry - expected[i]!)).toBeLessThan(2e-5 * Math.max(1, largest));
      });
    });
  }
});
