import "@quaterion/tfjs-backend-onnxruntime";
import "@quaterion/tfjs-backend-onnxruntime/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { Random } from "@quaterion/core";
import type { RelationLoss } from "@quaterion/core/training";
import { backendInfo } from "@quaterion/tfjs-backend-onnxruntime";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { clusters } from "../test/array-data.js";
import { pullAndPush } from "../test/losses.js";
import { batchInputs } from "./batch-inputs.js";
import { defaultHead } from "./default-head.js";
import { adamW } from "./optimizers/adam-w.js";
import { type StepPlan, trainingStep } from "./step.js";
import { TrainingState } from "./training-state.js";

const dim = 8;
const data = clusters(1);
const rows = Uint32Array.from({ length: 24 }, (_, row) => row);
const inputs = batchInputs({ rows }, data, Float32Array.from(data.values.flat()), dim, "relations");
const planOf = (changes: Partial<StepPlan> = {}): StepPlan => ({
  head: defaultHead,
  loss: pullAndPush,
  optimizer: adamW(),
  normalize: true,
  random: new Random(1),
  ...changes,
});
const stateOf = (plan: StepPlan) => new TrainingState({ head: defaultHead.weights(dim, new Random(1)), loss: new Map() }, plan.optimizer);

describe.each(["cpu", "onnxruntime"])("a step on %s", (backend) => {
  it.each([
    ["the loss", (terms: tf.Tensor) => tf.mul(terms, Number.NaN), Number.NaN],
    // √0 has an infinite slope: the value is fine, its gradient is not.
    ["only its gradient", (terms: tf.Tensor) => tf.add(terms, tf.sqrt(tf.mul(0, tf.abs(terms)))), undefined],
  ])("leaves weights, optimizer and their age as they were where %s is not finite", async (_, spoil, loss) => {
    await tf.setBackend(backend);
    const plan = planOf();
    const state = stateOf(plan);
    await trainingStep(plan, state, inputs, 0.01);
    const before = await state.snapshot();
    const spoilt: RelationLoss = {
      ...pullAndPush,
      compute(batch, parameters) {
        const { terms, counted } = pullAndPush.compute(batch, parameters);
        return { terms: spoil(terms), counted };
      },
    };
    const broken = planOf({ loss: spoilt });
    const result = await trainingStep(broken, state, inputs, 0.01);
    expect(result.finite).toBe(false);
    if (loss !== undefined) expect(result.loss).toBe(loss);
    else expect(Number.isFinite(result.loss)).toBe(true);
    expect(await state.snapshot()).toEqual(before);
    expect(before.updates).toEqual({ "head.kernel": 1, "head.bias": 1 });
    state.dispose();
  });

  it("leaves only the state's tensors behind", async () => {
    await tf.setBackend(backend);
    const before = tf.memory().numTensors;
    const plan = planOf();
    const state = stateOf(plan);
    await trainingStep(plan, state, inputs, 0.01);
    expect(tf.memory().numTensors - before).toBe(6); // kernel and bias, each with mean and square
    state.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

it("a step on onnxruntime is one compiled graph, run once", async () => {
  await tf.setBackend("onnxruntime");
  const plan = planOf({ clipNorm: 1 });
  const state = stateOf(plan);
  for (let step = 0; step < 3; step++) await trainingStep(plan, state, inputs, 0.01 / (step + 1));
  const before = backendInfo();
  for (let step = 0; step < 5; step++) await trainingStep(plan, state, inputs, 0.02 / (step + 1));
  const { runs, compiles } = backendInfo();
  expect([runs - before.runs, compiles - before.compiles]).toEqual([5, 0]);
  state.dispose();
});
