import "@quaterion/tfjs-backend-onnxruntime";
import "@quaterion/tfjs-backend-onnxruntime/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { Random } from "@quaterion/core";
import type { Head, Loss, RelationLoss } from "@quaterion/core/training";
import { backendInfo, jit } from "@quaterion/tfjs-backend-onnxruntime";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { arrayData, clusters } from "../test/array-data.js";
import { pullAndPush, softmax } from "../test/losses.js";
import { type BatchInputs, batchInputs } from "./batch-inputs.js";
import { defaultHead } from "./default-head.js";
import { asItIs, type Compile } from "./engine.js";
import { initialState } from "./initial-state.js";
import { adamW } from "./optimizers/adam-w.js";
import { trainingOf } from "./parameter-groups.js";
import { type StepPlan, trainingStep } from "./step.js";
import { TrainingState } from "./training-state.js";

const dim = 8;
const data = clusters(1);
const rows = Uint32Array.from({ length: 24 }, (_, row) => row);
const inputs = batchInputs({ rows }, data, Float32Array.from(data.values.flat()), dim, "relations");
const planOf = (changes: Partial<StepPlan> = {}): StepPlan => ({
  head: defaultHead,
  loss: pullAndPush,
  normalize: true,
  random: new Random(1),
  ...changes,
});
const stateOf = () => new TrainingState({ head: defaultHead.weights(dim, new Random(1)), loss: new Map() }, trainingOf(adamW(), 0.01));

describe.each(["cpu", "onnxruntime"])("a step on %s", (backend) => {
  it.each([
    ["the loss", (terms: tf.Tensor) => tf.mul(terms, Number.NaN), Number.NaN],
    // √0 has an infinite slope: the value is fine, its gradient is not.
    ["only its gradient", (terms: tf.Tensor) => tf.add(terms, tf.sqrt(tf.mul(0, tf.abs(terms)))), undefined],
  ])("leaves weights, optimizer and their age as they were where %s is not finite", async (_, spoil, loss) => {
    await tf.setBackend(backend);
    const plan = planOf();
    const state = stateOf();
    await trainingStep(plan, state, asItIs)([inputs], 0.01);
    const before = await state.snapshot();
    const spoilt: RelationLoss = {
      ...pullAndPush,
      compute(batch, parameters) {
        const { terms, counted } = pullAndPush.compute(batch, parameters);
        return { terms: spoil(terms), counted };
      },
    };
    const broken = planOf({ loss: spoilt });
    const result = await trainingStep(broken, state, asItIs)([inputs], 0.01);
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
    const state = stateOf();
    await trainingStep(plan, state, asItIs)([inputs], 0.01);
    expect(tf.memory().numTensors - before).toBe(6); // kernel and bias, each with mean and square
    state.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

it("a step on onnxruntime is one compiled graph, run once", async () => {
  await tf.setBackend("onnxruntime");
  const plan = planOf({ clipNorm: 1 });
  const state = stateOf();
  const run = trainingStep(plan, state, asItIs);
  for (let step = 0; step < 3; step++) await run([inputs], 0.01 / (step + 1));
  const before = backendInfo();
  for (let step = 0; step < 5; step++) await run([inputs], 0.02 / (step + 1));
  const { runs, compiles } = backendInfo();
  expect([runs - before.runs, compiles - before.compiles]).toEqual([5, 0]);
  state.dispose();
});

/** Two label spaces; the batches' rows are of one. */
const spaced = arrayData(
  data.values,
  data.values.map((_, i) => `${i % 2 === 0 ? "even" : "odd"}/${(i >> 1) % 3}`),
);
const vectors = Float32Array.from(data.values.flat());
/** So low a rate that most masks are equal. */
const rate = 0.003;
const droppingHead: Head = {
  ...defaultHead,
  apply(given, weights, { random }) {
    const mask = tf.tensor2d(
      Float32Array.from({ length: given.size }, () => (random.uniform() < rate ? 0 : 1 / (1 - rate))),
      given.shape,
    );
    return defaultHead.apply(tf.mul(given, mask), weights, { training: true, random });
  },
};

describe("a compiled step", () => {
  /** Weights after steps on batches, each a part of the data in some label space. */
  const train = async (compile: Compile, head: Head, loss: Loss, batches: readonly BatchInputs[]) => {
    await tf.setBackend("onnxruntime");
    const plan = planOf({ head, loss, clipNorm: 0.5, random: new Random(5) });
    const state = new TrainingState(initialState(head, loss, spaced, dim, new Random(1)), trainingOf(adamW(), 0.01));
    const made: ReturnType<Compile>[] = [];
    const run = trainingStep(plan, state, (fn, options) => {
      made.push(compile(fn, options));
      return made.at(-1)!;
    });
    const losses: number[] = [];
    for (const [i, batch] of batches.entries()) losses.push((await run([batch], 0.01 / (i + 1))).loss);
    const replays = made.reduce((sum, one) => sum + ((one as { replays?: number }).replays ?? 0), 0);
    const result = { losses, replays, ...(await state.snapshot()) };
    run.dispose();
    state.dispose();
    return result;
  };
  const batchOf = (reads: Loss["reads"], from: number, space?: string) =>
    batchInputs({ rows: Uint32Array.from({ length: 6 }, (_, i) => from + 2 * i), space }, spaced, vectors, dim, reads);

  it.each([
    ["a relation loss", defaultHead, pullAndPush, Array.from({ length: 9 }, (_, i) => batchOf("relations", i)), 7],
    // With dropout no step is as the one before: nothing can be replayed.
    ["dropout", droppingHead, pullAndPush, Array.from({ length: 11 }, (_, i) => batchOf("relations", i)), 0],
    [
      "weights for each label space",
      defaultHead,
      softmax as Loss,
      [0, 1, 0, 1, 1, 0, 0, 0, 0, 1].map((i) => batchOf("classes", i, ["even", "odd"][i])),
      undefined,
    ],
  ])("gives what a step as it is gives, with %s", async (_, head, loss, batches, replays) => {
    const before = tf.memory().numTensors;
    const [plain, compiled] = [await train(asItIs, head, loss, batches), await train(jit, head, loss, batches)];
    expect(tf.memory().numTensors).toBe(before);
    if (replays === undefined) expect(compiled.replays).toBeGreaterThan(2);
    else expect(compiled.replays).toBe(replays);
    expect(compiled.updates).toEqual(plain.updates);
    for (const [i, loss] of plain.losses.entries()) expect(compiled.losses[i]).toBeCloseTo(loss, 5);
    for (const [name, { values }] of Object.entries(plain.tensors)) {
      for (const [i, value] of values.entries()) expect(compiled.tensors[name]!.values[i]).toBeCloseTo(value, 5);
    }
  });
});
