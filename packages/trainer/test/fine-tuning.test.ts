import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { TrainableEncoder } from "@quaterion/core/training";
import { labeled } from "@quaterion/datasets";
import { loadEncoder } from "@quaterion/encoders";
import { linearHead, type TrainableTextEncoderOptions, trainableTextEncoder } from "@quaterion/encoders/trainable";
import { supervisedContrastive } from "@quaterion/losses";
import { backendInfo, releaseMemory } from "@quaterion/tfjs-backend-onnxruntime";
import { type FitOptions, fit } from "@quaterion/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTinyTransformer } from "../../encoders/test/tiny-transformer.js";

let root: string;
let folder: string;
let made = 0;
const fresh = () => mkdtemp(join(root, `f${made++}-`));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fine-tuning-"));
  folder = await writeTinyTransformer(join(root, "model"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Milliseconds for tests that train several times: a busy machine takes its time. */
const slow = 120_000;

// Labels that the untrained tiny model does not tell apart: what is asked about, whatever the other words.
const others = ["my", "what is", "hello", "hello my", "is my", "what rate"];
const rows = ["card", "lost", "cards lost"].flatMap((subject) =>
  others.map((other, i) => ({ text: i % 2 ? `${other} ${subject}` : `${subject} ${other}`, label: subject })),
);
const data = labeled(rows, { value: "text", label: "label" });
const encoder = (options: TrainableTextEncoderOptions = {}) => trainableTextEncoder(folder, options);

const base = async (options: TrainableTextEncoderOptions = {}): Promise<FitOptions<string>> => ({
  data,
  encoder: await encoder(options),
  loss: supervisedContrastive({ temperature: 0.1 }),
  steps: 12,
  groups: { encoder: { learningRate: 2e-3 } },
  labelsPerBatch: 3,
  samplesPerLabel: 4,
  engine: "onnxruntime",
});

const mean = (losses: readonly { loss: number }[]) => losses.reduce((sum, { loss }) => sum + loss, 0) / losses.length;

describe("several trainings in one process", () => {
  it("hold the graphs of the last one: one like it compiles nothing, others do not add up", { timeout: slow }, async () => {
    const sized = async (labelsPerBatch: number) => ({ ...(await base()), labelsPerBatch, steps: 6 });
    releaseMemory();
    const held: number[] = [];
    for (const labels of [2, 3, 2, 3, 2]) {
      await fit(await sized(labels));
      held.push(backendInfo().sessionBytes);
    }
    // Two labels, then three: at most the graphs of one training of each size, however many there were.
    expect(held[0]).toBeGreaterThan(0);
    expect(held.slice(2)).toEqual([held[0], held[1], held[0]]);
    const { compiles } = backendInfo();
    await fit(await sized(2));
    expect(backendInfo().compiles).toBe(compiles);
  });
});

describe("fit with an encoder that is trained", () => {
  it.each<[string, TrainableTextEncoderOptions, number]>([
    ["all weights", { train: "all" }, 2e-3],
    ["adapters", { train: "lora", lora: { rank: 4 } }, 2e-2],
    ["the top layer", { train: { layers: 1 } }, 2e-3],
  ])(
    "learns with %s, leaves no tensor behind, and gives the model's vectors after training",
    { timeout: slow },
    async (_, options, learningRate) => {
      const run = { ...(await base(options)), groups: { encoder: { learningRate } }, steps: 40 };
      await fit({ ...run, steps: 1 });
      const before = tf.memory().numTensors;
      const { history, model, report } = await fit(run);
      expect(tf.memory().numTensors).toBe(before);
      expect(mean(history.slice(-8))).toBeLessThan(0.75 * mean(history.slice(0, 4)));
      // What is below a trained top is computed once for each text.
      expect(report).toMatchObject({ steps: 40, samples: 18, cache: { hits: 0, misses: typeof options.train === "object" ? 18 : 0 } });
      const vectors = await model.encode(["my card", "lost hello"]);
      expect(vectors).toHaveLength(128);
      expect(Math.hypot(...vectors.subarray(0, 64))).toBeCloseTo(1, 5);
      expect(model.head.name).toBe("empty");
    },
  );

  it("saves a model that loads like any other", async () => {
    const { model } = await fit(await base());
    expect([model.encoderTrained, model.base]).toEqual([true, undefined]); // what is below was trained too
    const saved = join(await fresh(), "model");
    await model.save(saved);
    const manifest = JSON.parse(await readFile(join(saved, "quaterion.json"), "utf8"));
    expect(manifest.encoder.kind).toBe("onnx-text");
    expect(manifest.encoderTrained).toBe(true);
    expect(manifest.training).toMatchObject({ groups: { encoder: { learningRate: 2e-3 } }, train: { train: "all" } });
    const loaded = await loadEncoder<string>(manifest.encoder, join(saved, "encoder"));
    const texts = data.values.slice(0, 5);
    expect(await loaded.encode(texts)).toEqual(await model.encoder.encode(texts));
    expect((await readdir(join(saved, "encoder"))).sort()).toEqual(
      [
        "1_Pooling",
        "config.json",
        "config_sentence_transformers.json",
        "model.safetensors",
        "modules.json",
        "onnx",
        "sentence_bert_config.json",
      ].concat("tokenizer.json", "tokenizer_config.json"),
    );
  });

  it.each<[string, TrainableTextEncoderOptions]>([
    ["all weights", { train: "all" }],
    ["adapters", { train: "lora" }],
    ["top layers, what is below from the cache", { train: { layers: 2 } }],
  ])(
    "goes on after an abort as if it had not stopped, dropout included: %s",
    async (_, options) => {
      const run = { ...(await base(options)), head: linearHead({ dropout: 0.1 }), validation: data, steps: 8 };
      const whole = await fit(run);
      const stop = new AbortController();
      const callbacks = { onStep: ({ step }: { step: number }) => void (step === 5 && stop.abort()) };
      const checkpoint = { folder: await fresh(), everySteps: 3 };
      await expect(fit({ ...run, checkpoint, signal: stop.signal, callbacks })).rejects.toMatchObject({ code: "ABORTED" });
      const rest = await fit({ ...run, checkpoint, resume: true });
      expect(rest.report.resumedFrom).toBe(5);
      expect(rest.history).toEqual(whole.history);
      // Of the bytes of the encoder's graph and the head's weights.
      expect(rest.model.fingerprint).toBe(whole.model.fingerprint);
      expect(rest.report.bestStep).toBe(whole.report.bestStep);
    },
    slow,
  );

  it(
    "takes the same steps through a gradient cache, a few texts at a time, and learns with dropout too",
    async () => {
      const run = async (options: TrainableTextEncoderOptions) => ({ ...(await base(options)), steps: 4 });
      const whole = await fit(await run({ dropout: 0 }));
      const cached = await fit({ ...(await run({ dropout: 0 })), gradientCache: { chunk: 5 } });
      for (const [i, { loss, gradientNorm }] of cached.history.entries()) {
        expect(loss).toBeCloseTo(whole.history[i]!.loss, 4);
        expect(gradientNorm / whole.history[i]!.gradientNorm).toBeCloseTo(1, 3);
      }
      const shaken = await fit({ ...(await run({ dropout: 0.1 })), steps: 30, gradientCache: { chunk: 5 } });
      expect(mean(shaken.history.slice(-6))).toBeLessThan(0.8 * mean(shaken.history.slice(0, 3)));
    },
    slow,
  );

  it.each([{}, { gradientCache: { chunk: 5 } }])(
    "waits for an encoder that reads its values first, as files, and comes to the same, with %j",
    { timeout: slow },
    async (more) => {
      const slowly = (encoder: TrainableEncoder<string>): TrainableEncoder<string> => ({
        ...encoder,
        ready: async (values, means) => slowly(await encoder.ready(values, means)),
        async prepare(values, step) {
          await nextTurn();
          return encoder.prepare(values, step);
        },
      });
      const run = { ...(await base({ dropout: 0.1 })), ...more, steps: 4, validation: data, memory: { size: 20, from: 1 } };
      const [plain, waited] = [await fit(run), await fit({ ...run, encoder: slowly(run.encoder as TrainableEncoder<string>) })];
      expect(waited.history).toEqual(plain.history);
      expect(await waited.model.encode(["my card"])).toEqual(await plain.model.encode(["my card"]));
    },
  );

  it("with gradient caching has long and short texts in each chunk, so that all are about as much work", { timeout: slow }, async () => {
    const long = "what is my rate and what is my card and hello hello hello my lost cards";
    const texts = Array.from({ length: 8 }, (_, i) => ({ text: i < 4 ? `card ${i}` : `${long} ${i}`, label: i < 4 ? "short" : "long" }));
    const chunks: number[] = [];
    const watched = (encoder: TrainableEncoder<string>): TrainableEncoder<string> => ({
      ...encoder,
      ready: async (values, means) => watched(await encoder.ready(values, means)),
      prepare(values, step) {
        chunks.push(values.filter((text) => text.startsWith(long)).length);
        return encoder.prepare(values, step);
      },
    });
    const run = {
      ...(await base()),
      data: labeled(texts, { value: "text", label: "label" }),
      labelsPerBatch: 2,
      samplesPerLabel: 4,
      steps: 2,
    };
    await fit({ ...run, encoder: watched(run.encoder as TrainableEncoder<string>), gradientCache: { chunk: 4 } });
    expect(chunks).toEqual([2, 2, 2, 2, 2, 2, 2, 2]);
  });

  it("comes out otherwise with another seed", async () => {
    const fingerprint = async (seed: number) => (await fit({ ...(await base()), steps: 2, seed })).model.fingerprint;
    expect(await fingerprint(1)).toBe(await fingerprint(1));
    expect(await fingerprint(2)).not.toBe(await fingerprint(1));
  });

  it("does not go on with an encoder that is trained otherwise", async () => {
    const checkpoint = { folder: await fresh() };
    await fit({ ...(await base()), steps: 2, checkpoint });
    const other = { ...(await base({ layerDecay: 0.9 })), steps: 2, checkpoint, resume: true };
    await expect(fit(other)).rejects.toMatchObject({ code: "INCOMPATIBLE", message: expect.stringContaining("encoder") });
  });

  it("moves each layer at its own rate, and what is on top at the run's", async () => {
    // One step of Adam moves every weight that has a gradient by about its rate.
    const run = {
      ...(await base({ layerDecay: 0.5, dropout: 0 })),
      steps: 1,
      groups: { encoder: { learningRate: 1e-4 } },
      learningRate: 1e-2,
      head: linearHead(),
    };
    const { model, history } = await fit(run);
    expect(history[0]!.learningRate).toBeCloseTo(1e-2, 8);
    const before = await (await encoder()).weights(undefined as never);
    const saved = join(await fresh(), "model");
    await model.save(saved);
    const after = (await trainableTextEncoder(join(saved, "encoder"))).weights(undefined as never);
    const step = (name: string) => {
      const moves = Array.from(after[name]!.values, (value, i) => Math.abs(value - before[name]!.values[i]!)).sort((a, b) => a - b);
      return moves[moves.length >> 1]!;
    };
    expect(step("encoder.layer.2.output.dense.bias") / 1e-4).toBeCloseTo(1, 1);
    expect(step("encoder.layer.1.output.dense.bias") / 0.5e-4).toBeCloseTo(1, 1);
    expect(step("encoder.layer.0.output.dense.bias") / 0.25e-4).toBeCloseTo(1, 1);
    expect(step("embeddings.LayerNorm.bias") / 0.125e-4).toBeCloseTo(1, 1);
    const kernel = model.weights["kernel"]!.values;
    expect(Math.abs(kernel[1]!) / 1e-2).toBeCloseTo(1, 1);
  });

  it("says before training which value can't be read, and tells of texts that are too long", async () => {
    const wrong = labeled([...rows, { text: 7, label: "card" }], { value: (row) => row.text as string, label: "label" });
    await expect(fit({ ...(await base()), data: wrong })).rejects.toThrow("`values[18]`");
    const long = labeled([...rows, { text: "my card ".repeat(50), label: "card" }], { value: "text", label: "label" });
    const notes: unknown[] = [];
    await fit({ ...(await base()), data: long, steps: 1, onProgress: ({ note }) => notes.push(note) });
    expect(notes).toContain("1 of 19 texts are longer than 64 tokens: only their start counts");
    const frozen = { ...(await base()), encoder: await (await fit({ ...(await base()), steps: 1 })).model.encoder };
    await expect(fit(frozen)).rejects.toThrow("`fit.groups.encoder` needs an encoder that is trained");
  });
});
