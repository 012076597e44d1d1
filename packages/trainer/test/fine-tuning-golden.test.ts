import "@quaterion/tfjs-backend-onnxruntime/gradients";
import { Random } from "@quaterion/core";
import type { ViewLoss, WeightValues } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { lora } from "../../encoders/src/trainable/transformer/lora.js";
import type { TrainedPart } from "../../encoders/src/trainable/transformer/trained-part.js";
import { readTransformerConfig } from "../../encoders/src/trainable/transformer/transformer-config.js";
import { transformerEncoder } from "../../encoders/src/trainable/transformer/transformer-encoder.js";
import { openSafetensors, readTransformerWeights } from "../../encoders/src/trainable/transformer/transformer-weights.js";
import golden from "../../encoders/test/fixtures/transformers/golden.json" with { type: "json" };
import { fixture, jsonFixture } from "../../encoders/test/tiny-transformer.js";
import { batchInputs } from "../src/batch-inputs.js";
import { noHead } from "../src/default-head.js";
import { startEngine } from "../src/engine.js";
import { adamW } from "../src/optimizers/adam-w.js";
import { trainingOf } from "../src/parameter-groups.js";
import { trainingStep } from "../src/step.js";
import { TrainingState } from "../src/training-state.js";
import { arrayData } from "./array-data.js";

/** Ranking of each anchor's positive among all, over 20 · cosines: sentence-transformers' MultipleNegativesRankingLoss. */
const ranking: ViewLoss = {
  contract: 1,
  name: "ranking",
  reads: "views",
  memory: false,
  compute({ views: [anchors, positives] }) {
    const scores = tf.mul(tf.matMul(anchors!, positives!, false, true), 20);
    return { terms: tf.neg(tf.sum(tf.mul(tf.logSoftmax(scores), tf.eye(scores.shape[0]!)), 1)) };
  },
};

const textsOf = ({ input_ids, attention_mask }: { input_ids: number[][]; attention_mask: number[][] }) =>
  input_ids.map((ids, i) => JSON.stringify(ids.filter((_, t) => attention_mask[i]![t] === 1)));

/** Three steps of AdamW at rate 1e-3 and decay 0.01 of all weights, by the trainer's own step. */
async function threeSteps(inputs: typeof golden.train.inputs, part: TrainedPart) {
  const engine = await startEngine("onnxruntime");
  await engine.use();
  const config = readTransformerConfig(await jsonFixture("bert.config.json"), "bert");
  const encoder = transformerEncoder({
    name: "tiny",
    fingerprint: "tiny",
    config,
    base: readTransformerWeights(await fixture("bert.safetensors"), config, "bert").weights,
    settings: { pooling: ["mean"], normalize: false, maxLength: 64, lowercase: false, prompts: {}, poolPrompt: true },
    tokenizer: { padding: 0, tokens: (text) => ({ ids: JSON.parse(text), types: undefined, cut: false }) },
    part,
    dropout: { states: 0, attention: 0 },
    layerDecay: 1,
    freeze: () => Promise.reject(new Error("not asked for")),
  });
  const texts = [...textsOf(inputs.anchor), ...textsOf(inputs.positive)];
  const random = new Random(1);
  const initial = { encoder: { weights: encoder.weights(random), constants: encoder.constants, rate: () => 1 }, head: {}, loss: new Map() };
  const state = new TrainingState(initial, trainingOf(adamW({ decay: "all" }), 1e-3));
  const plan = { encoder, head: noHead, loss: ranking, normalize: true, random };
  const step = trainingStep(plan, state, engine.compile);
  const rows = Uint32Array.of(0, 1, 2, 3, 4);
  const read = encoder.prepare(texts, { training: true, random });
  const batch = batchInputs({ rows, candidates: rows.map((row) => row + 5) }, arrayData([], []), read, encoder.dim, "views");
  const losses: number[] = [];
  for (let i = 0; i < 3; i++) losses.push((await step([batch], 1e-3)).loss);
  const weights: WeightValues = (await state.modelValues()).encoder;
  step.dispose();
  state.dispose();
  return { losses, weights };
}

const worst = (received: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(received.length).toBe(expected.length);
  return Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(received[i]! - value)), 0);
};

describe("three steps of AdamW on a transformer", () => {
  it("with all its weights are PyTorch's", async () => {
    const { losses_before_step: expected, params_after: after, param_after_sum: sums, ...facts } = golden.train;
    const { losses, weights } = await threeSteps(golden.train.inputs, { kind: "all" });
    for (const [i, loss] of losses.entries()) expect(loss, `step ${i + 1}`).toBeCloseTo(expected[i]!, 4);
    for (const [name, values] of Object.entries(after)) expect(worst(weights[name]!.values, values as number[]), name).toBeLessThan(2e-6);
    for (const [name, sum] of Object.entries(sums)) {
      if (facts.no_grad_params.includes(name) || facts.analytically_zero_grad_params.includes(name)) continue;
      // PyTorch's own float32 differs from float64 by so much in the worst of a weight's numbers.
      const [scatter] = (facts.f32_vs_f64_after as Record<string, number[]>)[name]!;
      const ours = weights[name]!.values.reduce((total, value) => total + value, 0);
      expect(Math.abs(ours - sum), name).toBeLessThan(1e-4 + 50 * scatter! + 2e-6 * Math.sqrt(weights[name]!.values.length));
    }
  });

  it("with adapters alone are PEFT's", async () => {
    const { options, inputs, losses_before_step: expected } = golden.lora;
    const config = readTransformerConfig(await jsonFixture("bert.config.json"), "bert");
    const adapters = lora(config, { rank: options.r, alpha: options.lora_alpha, targets: options.target_modules });
    const read = async (file: string): Promise<WeightValues> => {
      const { tensors } = openSafetensors(await fixture(file), file);
      const short = (name: string) => name.replace("base_model.model.", "");
      return Object.fromEntries([...tensors].map(([name, { shape, data }]) => [short(name), { shape, values: data as Float32Array }]));
    };
    const { losses, weights } = await threeSteps(inputs, { kind: "lora", adapters, first: await read("lora-before.safetensors") });
    for (const [i, loss] of losses.entries()) expect(loss, `step ${i + 1}`).toBeCloseTo(expected[i]!, 4);
    const after = await read("lora-after.safetensors");
    for (const [name, { values }] of Object.entries(after)) expect(worst(weights[name]!.values, values), name).toBeLessThan(5e-6);
  });
});
