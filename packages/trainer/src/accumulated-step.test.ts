import "@quaterion/tfjs-backend-onnxruntime";
import "@quaterion/tfjs-backend-onnxruntime/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { Random } from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";
import { jit } from "@quaterion/tfjs-backend-onnxruntime";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { arrayData, clusters } from "../test/array-data.js";
import { pullAndPush, softmax } from "../test/losses.js";
import { accumulatedStep } from "./accumulated-step.js";
import { type BatchInputs, batchInputs } from "./batch-inputs.js";
import { defaultHead } from "./default-head.js";
import { asItIs, type Compile } from "./engine.js";
import { initialState } from "./initial-state.js";
import { adamW, sgd } from "./optimizers/index.js";
import { trainingOf } from "./parameter-groups.js";
import { type Step, type StepPlan, trainingStep } from "./step.js";
import { TrainingState } from "./training-state.js";

const dim = 8;
const plain = clusters(1);
const data = arrayData(
  plain.values,
  plain.values.map((_, i) => `${i % 2 === 0 ? "even" : "odd"}/${(i >> 1) % 3}`),
);
const vectors = Float32Array.from(data.values.flat());
const batchOf = (reads: Loss["reads"], from: number, space?: string) =>
  batchInputs({ rows: Uint32Array.from({ length: 6 }, (_, i) => from + 2 * i), space }, data, vectors, dim, reads);

type MakeStep = (plan: StepPlan, state: TrainingState, compile: Compile) => Step;

async function train(make: MakeStep, compile: Compile, loss: Loss, steps: readonly (readonly BatchInputs[])[], optimizer = adamW()) {
  const plan: StepPlan = { head: defaultHead, loss, normalize: true, clipNorm: 0.5, random: new Random(1), embeddings: true };
  const state = new TrainingState(initialState(defaultHead, loss, data, dim, new Random(1)), trainingOf(optimizer, 0.01));
  const step = make(plan, state, compile);
  const results = [];
  for (const batches of steps) results.push(await step(batches, 0.01));
  const result = { results, ...(await state.snapshot()) };
  step.dispose();
  state.dispose();
  return result;
}

const expectSame = (a: Awaited<ReturnType<typeof train>>, b: Awaited<ReturnType<typeof train>>) => {
  expect(a.updates).toEqual(b.updates);
  for (const [name, { values }] of Object.entries(b.tensors))
    for (const [i, value] of values.entries()) expect(a.tensors[name]!.values[i], name).toBeCloseTo(value, 5);
};

describe.each(["cpu", "onnxruntime"] as const)("an accumulated step on %s", (backend) => {
  const compile = backend === "cpu" ? asItIs : jit;

  it("of n equal batches is a step on one of them, and leaves no tensor behind", async () => {
    await tf.setBackend(backend);
    const batches = Array.from({ length: 6 }, (_, i) => batchOf("relations", i));
    const before = tf.memory().numTensors;
    const accumulated = await train(
      accumulatedStep,
      compile,
      pullAndPush,
      batches.map((batch) => [batch, batch, batch]),
    );
    const once = await train(
      trainingStep,
      compile,
      pullAndPush,
      batches.map((batch) => [batch]),
    );
    expect(tf.memory().numTensors).toBe(before);
    expectSame(accumulated, once);
    for (const [i, { loss, gradientNorm, embeddings }] of once.results.entries()) {
      expect(accumulated.results[i]!.loss).toBeCloseTo(loss, 5);
      expect(accumulated.results[i]!.gradientNorm).toBeCloseTo(gradientNorm, 4);
      for (const [j, value] of embeddings![0]!.entries()) expect(accumulated.results[i]!.embeddings![2]![j]).toBeCloseTo(value, 5);
    }
  });

  it("moves by the mean of the batches' gradients", async () => {
    await tf.setBackend(backend);
    const optimizer = sgd({ momentum: 0 });
    const unclipped: MakeStep = (plan, ...rest) => trainingStep({ ...plan, clipNorm: undefined }, ...rest);
    const both = await train(
      (plan, ...rest) => accumulatedStep({ ...plan, clipNorm: undefined }, ...rest),
      compile,
      pullAndPush,
      [[batchOf("relations", 0), batchOf("relations", 7)]],
      optimizer,
    );
    const each = await Promise.all([0, 7].map((from) => train(unclipped, compile, pullAndPush, [[batchOf("relations", from)]], optimizer)));
    const start = new TrainingState(initialState(defaultHead, pullAndPush, data, dim, new Random(1)), trainingOf(optimizer, 1));
    const { tensors } = await start.snapshot();
    start.dispose();
    for (const [name, { values }] of Object.entries(both.tensors)) {
      for (const [i, value] of values.entries()) {
        const first = tensors[name]!.values[i]!;
        const mean = each.reduce((sum, one) => sum + (one.tensors[name]!.values[i]! - first) / 2, first);
        expect(value, name).toBeCloseTo(mean, 6);
      }
    }
    expect(both.results[0]!.loss).toBeCloseTo((each[0]!.results[0]!.loss + each[1]!.results[0]!.loss) / 2, 5);
  });

  it("updates the weights of each label space that one of its batches touches", async () => {
    await tf.setBackend(backend);
    const [even, odd] = [batchOf("classes", 0, "even"), batchOf("classes", 1, "odd")];
    const { updates } = await train(accumulatedStep, compile, softmax as Loss, [
      [even, even],
      [even, odd],
      [odd, even],
      [even, even],
    ]);
    expect(updates).toEqual({ "head.kernel": 4, "head.bias": 4, "loss.even.kernel": 4, "loss.odd.kernel": 2 });
  });

  it("leaves weights and sums as they were where a batch's loss is not finite", async () => {
    await tf.setBackend(backend);
    const good = batchOf("relations", 0);
    const bad = { ...good, vectors: good.vectors!.map(() => Number.NaN) };
    const spoilt = await train(accumulatedStep, compile, pullAndPush, [
      [good, good],
      [good, bad],
      [good, good],
    ]);
    expect(spoilt.results.map(({ finite }) => finite)).toEqual([true, false, true]);
    expectSame(
      spoilt,
      await train(accumulatedStep, compile, pullAndPush, [
        [good, good],
        [good, good],
      ]),
    );
  });
});
