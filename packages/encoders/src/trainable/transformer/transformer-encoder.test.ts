import "@quaterion/tfjs-backend-onnxruntime/gradients";
import "@quaterion/tfjs-backend-onnxruntime";
import "@tensorflow/tfjs-backend-cpu";
import { readFile } from "node:fs/promises";
import { Random } from "@quaterion/core";
import type { HostBatch, WeightValues } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import golden from "../../../test/fixtures/transformers/golden.json" with { type: "json" };
import { type PoolingMode, poolingModes } from "../../text/pooling.js";
import type { Tokens } from "../../text/text-tokenizer.js";
import { lora } from "./lora.js";
import { bucketStarts } from "./token-states.js";
import type { TrainedPart } from "./trained-part.js";
import { readTransformerConfig } from "./transformer-config.js";
import { transformerEncoder } from "./transformer-encoder.js";
import { openSafetensors, readTransformerWeights } from "./transformer-weights.js";

// transformers 5.18, sentence-transformers 6.0 and peft 0.21 on torch 2.13: float64 results on float32 weights of tiny models.
const fixtures = new URL("../../../test/fixtures/transformers/", import.meta.url);
const bytes = async (name: string) => new Uint8Array(await readFile(new URL(name, fixtures)));
const json = async (name: string) => JSON.parse(await readFile(new URL(name, fixtures), "utf8")) as Record<string, unknown>;

/** "Texts" here are their tokens as JSON. */
const tokenizer = {
  padding: 0,
  tokens: (text: string): Tokens => ({ ...(JSON.parse(text) as { ids: number[]; types?: number[] }), cut: false }) as Tokens,
};

interface TinyOptions {
  pooling?: readonly PoolingMode[];
  normalize?: boolean;
  part?: TrainedPart;
  dropout?: number;
  /** Of the shares of attention; default: as `dropout`. */
  attention?: number;
  layerDecay?: number;
  segments?: number;
}

async function tiny(kind: string, options: TinyOptions = {}) {
  const {
    pooling = ["mean"],
    normalize = false,
    part = { kind: "all" },
    dropout = 0,
    attention = dropout,
    layerDecay = 1,
    segments = 1,
  } = options;
  const config = readTransformerConfig(await json(`${kind}.config.json`), kind);
  const { weights: base } = readTransformerWeights(await bytes(`${kind}.safetensors`), config, kind);
  const settings = { pooling, normalize, maxLength: 64, lowercase: false, prompts: {}, poolPrompt: true };
  return transformerEncoder({
    name: kind,
    fingerprint: kind,
    config,
    base,
    settings,
    tokenizer,
    part,
    dropout: { states: dropout, attention },
    layerDecay,
    segments,
    freeze: () => Promise.reject(new Error("not in this test")),
  });
}

interface TokenCase {
  input_ids: number[][];
  attention_mask: number[][];
  token_type_ids?: number[][];
}

const textsOf = ({ input_ids, attention_mask, token_type_ids }: TokenCase) =>
  input_ids.map((row, i) => {
    const own = (numbers: number[]) => numbers.filter((_, t) => attention_mask[i]![t] === 1);
    return JSON.stringify({ ids: own(row), ...(token_type_ids && { types: own(token_type_ids[i]!) }) });
  });

const tensors = (batch: HostBatch) =>
  Object.fromEntries(
    Object.entries(batch).map(([name, { shape, data }]) => [
      name,
      tf.tensor(data, shape as number[], data instanceof Int32Array ? "int32" : data instanceof Uint8Array ? "bool" : "float32"),
    ]),
  );
const weightTensors = (weights: WeightValues) =>
  Object.fromEntries(Object.entries(weights).map(([name, { shape, values }]) => [name, tf.tensor(values.slice(), shape as number[])]));
const still = { training: false, random: new Random(1) };

const worst = (received: ArrayLike<number>, expected: readonly number[]) => {
  expect(received.length).toBe(expected.length);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(received[i]! - value)), 0);
};

type Encoder = Awaited<ReturnType<typeof tiny>>;

function encode(encoder: Encoder, texts: readonly string[], weights: WeightValues = encoder.weights(new Random(1))): Float32Array {
  const vectors = tf.tidy(() => encoder.apply(tensors(encoder.prepare(texts, still)), weightTensors({ ...encoder.constants, ...weights })));
  const values = vectors.dataSync() as Float32Array;
  vectors.dispose();
  return values;
}

beforeAll(() => tf.setBackend("onnxruntime"));

describe("transformerEncoder, forward", () => {
  it.each(golden.forward.map((entry) => [entry.name, entry] as const))(
    "%s: pools what Python's transformers and sentence-transformers do",
    async (name, { inputs, pooled }) => {
      const kind = name.split("/")[0]!;
      const expected: Record<PoolingMode, number[][]> = {
        cls: pooled.cls,
        max: pooled.max,
        mean: pooled.mean,
        meanSqrtLength: pooled.mean_sqrt_len_tokens,
        weightedMean: pooled.weightedmean,
        lastToken: pooled.lasttoken,
      };
      const texts = textsOf(inputs as TokenCase);
      for (const mode of poolingModes)
        expect(worst(encode(await tiny(kind, { pooling: [mode] }), texts), expected[mode].flat()), mode).toBeLessThan(1e-5);
      const unit = encode(await tiny(kind, { normalize: true }), texts);
      expect(worst(unit, pooled.mean_normalized.flat())).toBeLessThan(1e-6);
      const both = encode(await tiny(kind, { pooling: ["cls", "mean"] }), texts);
      expect(
        worst(
          both,
          pooled.cls.flatMap((row, i) => [...row, ...pooled.mean[i]!]),
        ),
      ).toBeLessThan(1e-5);
    },
  );

  it("does so on TensorFlow.js's own backend too", async () => {
    await tf.setBackend("cpu");
    for (const kind of ["bert", "mpnet"]) {
      const { inputs, pooled } = golden.forward.find(({ name }) => name.startsWith(kind))!;
      expect(worst(encode(await tiny(kind), textsOf(inputs as TokenCase)), pooled.mean.flat()), kind).toBeLessThan(1e-5);
    }
    await tf.setBackend("onnxruntime");
  });

  it("puts distances into MPNet's buckets as its code does, whatever the engine's logarithm", () => {
    const { "relative_position(key-query)": positions, bucket } = golden.forward.find(({ buckets }) => buckets)!.buckets!;
    const starts = bucketStarts(16);
    const ours = positions.map((position) => {
      const far = Math.abs(position);
      return (position > 0 ? 16 : 0) + Math.min(far, 8) + starts.filter((start) => far >= start).length;
    });
    expect(ours).toEqual(bucket);
  });
});

describe("transformerEncoder, gradients", () => {
  const { inputs, embeddings, grads, grad_l2: lengths, no_grad_params: untouched } = golden.train;

  /** Loss of anchors against positives: cross-entropy of 20 · cosines. */
  const ranking = (anchors: tf.Tensor2D, positives: tf.Tensor2D) => {
    const unit = (x: tf.Tensor2D) => tf.div(x, tf.sqrt(tf.sum(tf.mul(x, x), 1, true))) as tf.Tensor2D;
    const scores = tf.mul(tf.matMul(unit(anchors), unit(positives), false, true), 20);
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(scores), tf.eye(anchors.shape[0])), 1))) as tf.Scalar;
  };

  const trainable = (encoder: Encoder, first: WeightValues) => {
    const variables = Object.fromEntries(Object.entries(weightTensors(first)).map(([name, value]) => [name, tf.variable(value)]));
    const constants = weightTensors(encoder.constants);
    const [anchors, positives] = [inputs.anchor, inputs.positive].map((side) => tensors(encoder.prepare(textsOf(side), still)));
    const step = () =>
      tf.variableGrads(
        () => ranking(encoder.apply(anchors!, { ...constants, ...variables }), encoder.apply(positives!, { ...constants, ...variables })),
        Object.values(variables),
      );
    return { variables, step };
  };

  it.each([1, 2, 3])("are PyTorch's, for every weight, with the layers in %i segments", async (segments) => {
    const encoder = await tiny("bert", { segments });
    expect(worst(encode(encoder, textsOf(inputs.anchor)), embeddings[0]!.flat())).toBeLessThan(1e-5);
    const { variables, step } = trainable(encoder, encoder.weights(new Random(1)));
    const { value, grads: ours } = step();
    expect(value.dataSync()[0]).toBeCloseTo(golden.train.losses_before_step[0]!, 5);
    for (const [name, length] of Object.entries(lengths)) {
      if (untouched.includes(name)) continue;
      const gradient = ours[variables[name]!.name]!.dataSync() as Float32Array;
      expect(Math.abs(Math.hypot(...gradient) - length), name).toBeLessThan(2e-5 * Math.max(1, length));
    }
    for (const [name, expected] of Object.entries(grads))
      expect(worst(ours[variables[name]!.name]!.dataSync(), expected as number[]), name).toBeLessThan(2e-5);
  });

  it.each([1, 3])("of adapters are PEFT's, with the layers in %i segments", async (segments) => {
    const { options } = golden.lora;
    const config = readTransformerConfig(await json("bert.config.json"), "bert");
    const adapters = lora(config, { rank: options.r, alpha: options.lora_alpha, targets: options.target_modules });
    const read = async (file: string) => {
      const { tensors: all } = openSafetensors(await bytes(file), file);
      return Object.fromEntries(
        [...all].map(([name, { shape, data }]) => [name.replace("base_model.model.", ""), { shape, values: data as Float32Array }]),
      );
    };
    const first = await read("lora-before.safetensors");
    const encoder = await tiny("bert", { part: { kind: "lora", adapters, first }, segments });
    expect(worst(encode(encoder, textsOf(inputs.anchor)), golden.lora.embeddings[0]!.flat())).toBeLessThan(1e-5);
    const { variables, step } = trainable(encoder, first);
    const { value, grads: ours } = step();
    expect(value.dataSync()[0]).toBeCloseTo(golden.lora.losses_before_step[0]!, 5);
    const expected = await read("lora-grads.safetensors");
    expect(Object.keys(variables).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { values }] of Object.entries(expected))
      expect(worst(ours[variables[name]!.name]!.dataSync(), [...values]), name).toBeLessThan(2e-5);
  });

  it.each(["bert", "distilbert"])("with dropout scales what stays at each place by that place's own rate: %s", async (kind) => {
    const encoder = await tiny(kind, { dropout: 0.5, attention: 0.2 });
    const weights = encoder.weights(new Random(1));
    const run = (batch: HostBatch, given: WeightValues) =>
      tf.tidy(() => encoder.apply(tensors(batch), weightTensors({ ...encoder.constants, ...given })).dataSync());
    const drawn = encoder.prepare(textsOf(inputs.anchor), { training: true, random: new Random(5) });
    // Nothing is dropped, so that only the scale is left: it can as well be in the weights that make the dropped states.
    const kept = Object.fromEntries(
      Object.entries(drawn).map(([name, one]) => [name, name.startsWith("dropout.") ? { ...one, data: one.data.map(() => 1) } : one]),
    ) as HostBatch;
    const scaleOf = (name: string) => {
      if (/attention\.(self\.value|v_lin)\./.test(name)) return 1 / 0.8;
      // DistilBERT has no dropout after attention.
      const states = kind === "bert" ? /embeddings\.LayerNorm|\.output\.dense\./ : /embeddings\.LayerNorm|\.lin2\./;
      return states.test(name) ? 2 : 1;
    };
    const scaled = Object.fromEntries(
      Object.entries(weights).map(([name, one]) => [name, { ...one, values: one.values.map((value) => value * scaleOf(name)) }]),
    );
    const plain = encoder.prepare(textsOf(inputs.anchor), still);
    expect(worst(run(kept, weights), [...run(plain, scaled)])).toBeLessThan(1e-4);
    expect(worst(run(kept, weights), [...run(plain, weights)])).toBeGreaterThan(1e-2);
  });

  describe.each(["onnxruntime", "cpu"])("on %s, of layers that are computed again", (backend) => {
    /** Loss, gradients by name and the bytes that are held when the loss is known, of a step with dropout. */
    const stepOf = async (kind: string, options: TinyOptions) => {
      await tf.setBackend(backend);
      const encoder = await tiny(kind, { dropout: 0.2, ...options });
      const variables = mapped(weightTensors(encoder.weights(new Random(1))), (value) => tf.variable(value));
      const constants = weightTensors(encoder.constants);
      const prepared = tensors(encoder.prepare(textsOf(inputs.anchor), { training: true, random: new Random(5) }));
      const numTensors = () => tf.memory().numTensors;
      const before = numTensors();
      const bytes = tf.memory().numBytes;
      let held = 0;
      const { value, grads: found } = tf.variableGrads(() => {
        const vectors = encoder.apply(prepared, { ...constants, ...variables });
        held = tf.memory().numBytes - bytes;
        return tf.sum(tf.mul(vectors, tf.cos(tf.mul(vectors, 3)))) as tf.Scalar;
      }, Object.values(variables));
      const gradients = mapped(variables, ({ name }) => found[name]!.dataSync() as Float32Array);
      const loss = value.dataSync()[0]!;
      tf.dispose([value, ...Object.values(found)]);
      expect(numTensors()).toBe(before);
      tf.dispose([variables, constants, prepared]);
      await tf.setBackend("onnxruntime");
      return { loss, gradients, held };
    };
    const mapped = <From, To>(record: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> =>
      Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value)]));

    it.each<[string, string, TinyOptions]>([
      ["all of MPNet's weights, its distances too", "mpnet", {}],
      ["all of DistilBERT's weights", "distilbert", {}],
      ["the top two layers", "bert", { part: { kind: "layers", layers: 2 } }],
    ])("are those without, dropout included: %s", async (_, kind, options) => {
      const kept = await stepOf(kind, options);
      for (const segments of [2, 3]) {
        if (options.part && segments > 2) continue;
        const again = await stepOf(kind, { ...options, segments });
        expect(again.loss).toBeCloseTo(kept.loss, 5);
        expect(Object.keys(again.gradients)).toEqual(Object.keys(kept.gradients));
        for (const [name, gradient] of Object.entries(kept.gradients))
          expect(worst(again.gradients[name]!, [...gradient]), name).toBeLessThan(1e-5 * Math.max(1, Math.hypot(...gradient)));
      }
    });

    it("are counted as one segment, and the states between segments", async () => {
      const numbers = async (segments: number) => (await tiny("bert", { segments })).stepNumbers!(textsOf(inputs.anchor));
      const { dim } = await tiny("bert");
      const [all, each] = [await numbers(1), await numbers(3)];
      const { shape } = (await tiny("bert")).prepare(textsOf(inputs.anchor), still)["tokens.ids"]!;
      expect(each).toBe(all / 3 + 2 * shape[0]! * dim);
    });

    it("hold less between forward and backward, the less the more segments there are", async () => {
      const [one, two, three] = [await stepOf("bert", {}), await stepOf("bert", { segments: 2 }), await stepOf("bert", { segments: 3 })];
      // Of three layers two, and then one, are kept whole.
      expect(two.held / one.held).toBeLessThan(0.75);
      expect(three.held / one.held).toBeLessThan(0.45);
    });
  });
});
