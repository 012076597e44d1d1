import "@quaterion/tfjs-backend-onnxruntime";
import "@quaterion/tfjs-backend-onnxruntime/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { type Batch, Random, type TrainingData } from "@quaterion/core";
import type { Head, InitialTensor, Loss, RelationLoss } from "@quaterion/core/training";
import {
  contrastive,
  hard,
  meanOfKinds,
  megaBatchMargin,
  mined,
  multipleNegativesRanking,
  multiSimilarityMiner,
  nonZeroMean,
  perPart,
  supervisedContrastive,
  tripletMargin,
  weightedSum,
} from "@quaterion/losses";
import { jit } from "@quaterion/tfjs-backend-onnxruntime";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { arrayData, clusters } from "../../test/array-data.js";
import golden from "../../test/fixtures/gradient-cache.json" with { type: "json" };
import { noisyHead } from "../../test/heads.js";
import { defaultHead } from "../default-head.js";
import { asItIs } from "../engine.js";
import { initialState } from "../initial-state.js";
import { sgd } from "../optimizers/sgd.js";
import { trainingOf } from "../parameter-groups.js";
import { type RunStepParts, runStep } from "../run-step.js";
import type { StepPlan } from "../step.js";
import { TrainingState } from "../training-state.js";
import type { GradientCacheOptions } from "./cache-sizes.js";
import type { OnShare } from "./embedding-chunks.js";

type Weights = Readonly<Record<string, InitialTensor>>;
interface Run {
  readonly head: Head;
  readonly loss: Loss;
  readonly data: TrainingData<readonly number[]>;
  readonly batches: readonly Batch[];
  readonly normalize?: boolean;
  readonly memory?: RunStepParts["memory"];
  readonly extras?: RunStepParts["extras"];
}

/** Steps of plain descent at rate 1: each moves a weight by minus its gradient. */
async function train(
  { head, loss, data, batches, normalize = true, memory, extras }: Run,
  gradientCache: GradientCacheOptions | undefined,
  within?: OnShare,
) {
  const dim = data.values[0]!.length;
  const plan: StepPlan = { head, loss, normalize, random: new Random(3), embeddings: memory !== undefined };
  const encoded = Float32Array.from(data.values.flat());
  const state = new TrainingState(initialState(head, loss, data, dim, new Random(1)), trainingOf(sgd({ momentum: 0 }), 1));
  const parts = { plan, data, encoded, dim, steps: 10, accumulate: 1, memory, extras, gradientCache };
  const step = runStep(parts, state, tf.getBackend() === "cpu" ? asItIs : jit);
  const before = await state.snapshot();
  const results = [];
  for (const [i, batch] of batches.entries()) results.push(await step.run([batch], 1, i, within));
  const after = await state.snapshot();
  const random = plan.random.state();
  step.dispose();
  state.dispose();
  return { before: before.tensors, after: after.tensors, updates: after.updates, results, random };
}

const expectNear = (received: Weights, expected: Weights, share: number) => {
  for (const [name, { values }] of Object.entries(expected)) {
    const size = Math.max(...values.map(Math.abs), 1e-3);
    for (const [i, value] of values.entries())
      expect(Math.abs(received[name]!.values[i]! - value), `${name} ${i}`).toBeLessThan(share * size);
  }
};

const data = clusters(1, { perLabel: 8 });
const labelled: Batch[] = [0, 1, 2].map((i) => ({ rows: Uint32Array.from({ length: 21 }, (_, row) => (row * 2 + i) % 48), space: "a" }));
const learned: RelationLoss<{ border: tf.Tensor }> = {
  ...contrastive(),
  name: "learned",
  parameters: () => ({ border: { shape: [1], values: Float32Array.of(0.7) } }),
  compute({ anchors, candidates, similar, dissimilar }, { border }) {
    const d = tf.sub(1, tf.matMul(anchors, candidates, false, true));
    const terms = tf.add(tf.mul(similar, tf.softplus(tf.sub(d, border))), tf.mul(dissimilar, tf.softplus(tf.sub(border, d))));
    return { terms, counted: tf.add(similar, dissimilar) };
  },
} as RelationLoss<{ border: tf.Tensor }>;

describe.each(["cpu", "onnxruntime"])("a cached step on %s", (backend) => {
  it.each(golden.cases.flatMap((entry) => [1, 3, 8].map((chunk) => [entry.name, chunk, entry] as const)))(
    "%s in chunks of %i: loss and gradients are the peer's whole batch's",
    async (name, chunk, { columns, weights, loss: expected, grads }) => {
      await tf.setBackend(backend);
      const loss = name.includes("MegaBatch") ? megaBatchMargin({ positiveMargin: 0.9, negativeMargin: 0.1 }) : multipleNegativesRanking();
      const rows = columns[0]!.length;
      const made = await train(
        { head: perceptron(weights), loss, ...givenPairs(columns), normalize: false },
        { chunk, block: Math.max(2, chunk - 1) },
      );
      expect(Math.abs(made.results[0]!.loss / expected - 1)).toBeLessThan(1e-6);
      expect(made.results[0]!.gradientNorm).toBeGreaterThan(0);
      for (const [weight, values] of Object.entries(grads)) {
        const flat = (values as number[][]).flat();
        const size = Math.max(...flat.map(Math.abs));
        for (const [i, value] of flat.entries()) {
          const moved = made.before[`head.${weight}`]!.values[i]! - made.after[`head.${weight}`]!.values[i]!;
          expect(Math.abs(moved - value) / size, `${weight} ${i} of ${rows} rows`).toBeLessThan(1e-6);
        }
      }
    },
  );

  it.each<[string, Partial<Run>]>([
    ["one ratio", { loss: supervisedContrastive() }],
    ["two ratios", { loss: contrastive({ reducer: meanOfKinds({ each: nonZeroMean() }) }) }],
    ["parts", { loss: weightedSum({ near: supervisedContrastive(), far: [0.5, contrastive()] }) }],
    ["a miner", { loss: tripletMargin({ miner: hard() }) }],
    ["a miner that reads pairs", { loss: mined(contrastive(), multiSimilarityMiner()) }],
    ["masks among the candidates", { loss: tripletMargin({ swap: true }) }],
    ["something to learn", { loss: learned as Loss }],
    ["dropout", { loss: supervisedContrastive(), head: noisyHead }],
    ["weights of rows", { loss: contrastive(), data: { ...data, weights: Float32Array.from({ length: 48 }, (_, row) => 1 + (row % 3)) } }],
    ["a loss of its own for the part", { loss: perPart({ a: contrastive() }, supervisedContrastive()), extras: { source: true } }],
    ["a memory", { loss: supervisedContrastive(), memory: { size: 15, from: 1 } }],
    ["a memory, and masks among the candidates", { loss: tripletMargin({ swap: true }), memory: { size: 30, from: 1 } }],
  ])("is the plain step with %s, and leaves no tensor behind", async (_, changes) => {
    await tf.setBackend(backend);
    const run: Run = { head: defaultHead, loss: supervisedContrastive(), data, batches: [...labelled, ...labelled], ...changes };
    const before = tf.memory().numTensors;
    const plain = await train(run, undefined);
    for (const sizes of [{ chunk: 21, block: 21 }, { chunk: 5, block: 4 }, { chunk: 6 }]) {
      const cached = await train(run, sizes);
      expectNear(cached.after, plain.after, 2e-5);
      expect(cached.updates).toEqual(plain.updates);
      expect(cached.random).toEqual(plain.random);
      for (const [i, { loss, gradientNorm, parts }] of plain.results.entries()) {
        expect(cached.results[i]!.loss).toBeCloseTo(loss, 4);
        expect(cached.results[i]!.gradientNorm).toBeCloseTo(gradientNorm, 4);
        expect(Object.keys(cached.results[i]!.parts ?? {})).toEqual(Object.keys(parts ?? {}));
        for (const [part, value] of Object.entries(parts ?? {})) expect(cached.results[i]!.parts![part]).toBeCloseTo(value, 4);
      }
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it("tells of its share, from part to part, until all is done", async () => {
    await tf.setBackend(backend);
    const shares: number[] = [];
    const run = { head: defaultHead, loss: supervisedContrastive(), data, batches: [labelled[0]!] };
    await train(run, { chunk: 5, block: 4 }, async (share) => void shares.push(share));
    // Five chunks of 21 rows, six blocks of anchors, five chunks again.
    expect(shares).toHaveLength(16);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect([shares[4]! < shares[5]!, shares[10]! < shares[11]!, shares.at(-1)]).toEqual([true, true, 1]);
    expect(shares[4]).toBeLessThan(0.5); // embedding them once is the lesser part
  });

  it("leaves the weights as they were where a number is none", async () => {
    await tf.setBackend(backend);
    const spoilt = { ...data, values: data.values.map((value, i) => (i === 5 ? value.map(() => Number.NaN) : value)) };
    const { before, after, results, updates } = await train(
      { head: defaultHead, loss: supervisedContrastive(), data: spoilt, batches: [labelled[1]!] },
      { chunk: 4 },
    );
    expect(results[0]!.finite).toBe(false);
    expect(after).toEqual(before);
    expect(updates).toEqual({ "head.kernel": 0, "head.bias": 0 });
  });
});

/** tanh(x W1 + b1) W2. */
function perceptron(weights: Readonly<Record<string, readonly number[] | readonly (readonly number[])[]>>): Head {
  const tensors = Object.fromEntries(
    Object.entries(weights).map(([name, rows]) => {
      const first = rows[0];
      const shape = Array.isArray(first) ? [rows.length, first.length] : [rows.length];
      return [name, { shape, values: Float32Array.from(rows.flat()) }];
    }),
  );
  return {
    contract: 1,
    name: "perceptron",
    config: null,
    dim: () => tensors["W2"]!.shape[1]!,
    weights: () => tensors,
    apply: (inputs, { W1, b1, W2 }) =>
      tf.matMul(tf.tanh(tf.add(tf.matMul(inputs, W1 as tf.Tensor2D), b1!)) as tf.Tensor2D, W2 as tf.Tensor2D),
  };
}

/** Row i of the first column with row i of the second, all others apart. */
function givenPairs(columns: readonly (readonly (readonly number[])[])[]) {
  const values = columns.flat();
  const count = columns[0]!.length;
  const base = arrayData(
    values,
    values.map(() => "a/x"),
  );
  const relation = (row: number, column: number) => (row === column || column < count ? 0 : column === row + count ? 1 : -1);
  const relations = {
    ...base.relations,
    block: (rows: Uint32Array, others: Uint32Array) =>
      Int8Array.from([...rows].flatMap((row) => [...others].map((other) => relation(row, other)))),
  };
  const all = Uint32Array.from(values.keys());
  return { data: { ...base, relations }, batches: [{ rows: all.slice(0, count), candidates: all.slice(count) }] };
}
