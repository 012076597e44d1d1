import "@quaterion/tfjs-backend-onnxruntime/gradients";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CacheEntry, type EmbeddingCache, Random } from "@quaterion/core";
import type { HostBatch, TraceToOnnx, WeightValues } from "@quaterion/core/training";
import { readSafetensors } from "@quaterion/formats";
import { trainableEncoderLaws } from "@quaterion/testing";
import { traceToOnnx } from "@quaterion/tfjs-backend-onnxruntime";
import * as tf from "@tensorflow/tfjs-core";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, jsonFixture, tinyWords, writeTinyTransformer } from "../../../test/tiny-transformer.js";
import { loadEncoder } from "../../load-encoder.js";
import { type PoolingMode, poolingModes } from "../../text/pooling.js";
import { textEncoder } from "../../text/text-encoder.js";
import { readAdapter } from "./adapter-files.js";
import { type TrainableTextEncoderOptions, trainableTextEncoder } from "./trainable-text-encoder.js";
import { readTransformerConfig } from "./transformer-config.js";
import type { TrainableTextEncoder } from "./transformer-encoder.js";
import { readTransformerWeights } from "./transformer-weights.js";

let root: string;
let made = 0;
const fresh = () => mkdtemp(join(root, `m${made++}-`));
const model = async (extra: Readonly<Record<string, unknown>> = {}, kind?: string) => writeTinyTransformer(await fresh(), extra, kind);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "trainable-"));
  await tf.setBackend("onnxruntime");
});
afterAll(() => rm(root, { recursive: true, force: true }));

const still = { training: false, random: new Random(1) };
const tensors = (batch: HostBatch) =>
  Object.fromEntries(
    Object.entries(batch).map(([name, { shape, data }]) => [
      name,
      tf.tensor(data, shape as number[], data instanceof Int32Array ? "int32" : data instanceof Uint8Array ? "bool" : "float32"),
    ]),
  );
const weightTensors = (weights: WeightValues) =>
  Object.fromEntries(Object.entries(weights).map(([name, { shape, values }]) => [name, tf.tensor(values.slice(), shape as number[])]));
const trace: TraceToOnnx = async (fn, weights, inputs, metadata) => {
  const constants = weightTensors(weights);
  const bytes = await traceToOnnx((...given) => fn(constants, ...given), inputs, { metadata });
  tf.dispose(constants);
  return bytes;
};

function encode(encoder: TrainableTextEncoder, texts: readonly string[], weights = encoder.weights(new Random(1))): Float32Array {
  const vectors = tf.tidy(() => encoder.apply(tensors(encoder.prepare(texts, still)), weightTensors({ ...encoder.constants, ...weights })));
  const values = vectors.dataSync() as Float32Array;
  vectors.dispose();
  return values;
}
const worst = (received: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(received.length).toBe(expected.length);
  return Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(received[i]! - value)), 0);
};
/** Weights moved a little, each by its own amount. */
const moved = (weights: WeightValues): WeightValues =>
  Object.fromEntries(
    Object.entries(weights).map(([name, { shape, values }]) => [
      name,
      { shape, values: values.map((value, i) => value + 0.02 * Math.sin(i + 1)) },
    ]),
  );

const texts = ["my card", "what rate is my card", "hello", "lost my cards what is my rate hello hello", "zebra"];

describe("trainableTextEncoder", () => {
  it("gives each text the same vector alone and in a batch, packed as it is", async () => {
    const encoder = await trainableTextEncoder(await model());
    const together = encode(encoder, texts);
    for (const [i, text] of texts.entries())
      expect(worst(encode(encoder, [text]), together.subarray(64 * i, 64 * (i + 1))), text).toBeLessThan(1e-6);
    const [first, length] = [together.subarray(0, 64), Math.hypot(...together.subarray(0, 64))];
    expect(first.length).toBe(encoder.dim);
    expect(length).toBeCloseTo(1, 5);
  });

  it("leaves words that the values do not have out of the weights, with the same vectors, and keeps them in the model", async () => {
    const encoder = await trainableTextEncoder(await model());
    const ready = await encoder.ready(["my card", "hello", "my card"]);
    const words = "embeddings.word_embeddings.weight";
    expect(encoder.weights(new Random(1))[words]!.shape).toEqual([200, 64]);
    // [PAD], [CLS], [SEP], my, card, hello
    expect(ready.weights(new Random(1))[words]!.shape).toEqual([6, 64]);
    expect(encode(ready, ["hello", "my card"])).toEqual(encode(encoder, ["hello", "my card"]));
    expect(() => ready.prepare(["lost card"], still)).toThrow('"lost card" is none of the values that encoder');
    expect(encode(await ready.ready(["lost card"]), ["lost card"])).toEqual(encode(encoder, ["lost card"]));
    const frozen = await ready.freeze(moved(ready.weights(new Random(1))), trace);
    const folder = await fresh();
    await frozen.save(folder);
    const { tensors: saved } = readSafetensors(new Uint8Array(await readFile(join(folder, "model.safetensors"))));
    const before = readSafetensors(await fixture("bert.safetensors")).tensors.get(words)!.data as Float32Array;
    const after = saved.get(words)!.data as Float32Array;
    const changed = Array.from({ length: 200 }, (_, word) => word).filter((word) =>
      after.subarray(word * 64, (word + 1) * 64).some((value, i) => value !== before[word * 64 + i]),
    );
    expect(changed.map((word) => tinyWords[word])).toEqual(["[PAD]", "[CLS]", "[SEP]", "my", "card", "hello"]);
  });

  it("counts texts that are too long, says so, and reads their start", async () => {
    const long = "my card ".repeat(40);
    const opened = await trainableTextEncoder(await model());
    const encoder = await opened.ready([long, "hello", long]);
    expect(encoder.notes).toEqual(["2 of 3 texts are longer than 64 tokens: only their start counts"]);
    expect(encoder.stats.cut).toBe(2);
    expect(encode(encoder, [long])).toEqual(encode(opened, [`${"my card ".repeat(31)}`]));
    expect((await (await trainableTextEncoder(await model())).ready(["hello"])).notes).toEqual([]);
  });

  it("freezes into an encoder with the vectors that it trains on, for every pooling and kind", async () => {
    for (const [kind, pooling] of [
      ["bert", poolingModes],
      ["roberta", ["mean"]],
      ["mpnet", ["mean", "weightedMean"]],
      ["distilbert", ["cls"]],
    ] as const satisfies readonly (readonly [string, readonly PoolingMode[]])[]) {
      const folder = await model(
        kind === "roberta" || kind === "mpnet" ? { "tokenizer_config.json": { pad_token: "[UNK]", model_max_length: 64 } } : {},
        kind,
      );
      const encoder = await (await trainableTextEncoder(folder, { pooling, normalize: false })).ready(texts);
      const weights = moved(encoder.weights(new Random(1)));
      const frozen = await encoder.freeze(weights, trace);
      expect(frozen.dim).toBe(64 * pooling.length);
      const trained = encode(encoder, texts, weights);
      expect(worst(await frozen.encode(texts), trained), kind).toBeLessThan(1e-5);

      // What it saves loads like any other, here and from the graph alone.
      const saved = await fresh();
      const reference = await frozen.save(saved);
      const loaded = await loadEncoder<string>(reference, saved);
      expect(loaded.fingerprint).toBe(frozen.fingerprint);
      expect(await loaded.encode(texts)).toEqual(await frozen.encode(texts));
      expect(await (await textEncoder(saved)).encode(texts), kind).toEqual(await frozen.encode(texts));
      const again = await (await trainableTextEncoder(saved)).ready(texts);
      expect(worst(encode(again, texts), trained), kind).toBeLessThan(1e-5);
    }
  });

  it("exports the graph that sentence-transformers exports: token numbers in, states and a vector out, padding on either side", async () => {
    const encoder = await trainableTextEncoder(await model(), { pooling: ["cls", "mean", "lastToken"] });
    const folder = await fresh();
    await (await encoder.freeze(encoder.weights(new Random(1)), trace)).save(folder);
    const session = await InferenceSession.create(join(folder, "onnx", "model.onnx"));
    expect(session.inputNames).toEqual(["input_ids", "attention_mask", "token_type_ids"]);
    expect(session.outputNames).toEqual(["last_hidden_state", "sentence_embedding"]);
    const int64 = (rows: number[][]) => new Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);
    const run = (ids: number[][], mask: number[][]) =>
      session.run({ input_ids: int64(ids), attention_mask: int64(mask), token_type_ids: int64(ids.map((row) => row.map(() => 0))) });
    const [my, card, hello] = ["my", "card", "hello"].map((word) => tinyWords.indexOf(word));
    const right = await run(
      [
        [2, my!, card!, 3],
        [2, hello!, 3, 0],
      ],
      [
        [1, 1, 1, 1],
        [1, 1, 1, 0],
      ],
    );
    expect(right["last_hidden_state"]!.dims).toEqual([2, 4, 64]);
    expect(worst(right["sentence_embedding"]!.data as Float32Array, encode(encoder, ["my card", "hello"]))).toBeLessThan(1e-5);
    const left = await run(
      [
        [2, my!, card!, 3],
        [0, 2, hello!, 3],
      ],
      [
        [1, 1, 1, 1],
        [0, 1, 1, 1],
      ],
    );
    expect(worst(left["sentence_embedding"]!.data as Float32Array, right["sentence_embedding"]!.data as Float32Array)).toBeLessThan(1e-5);
    await session.release();
  });

  it("trains the top layers alone: the rest is constant and stays as it was", async () => {
    const encoder = await trainableTextEncoder(await model(), { train: { layers: 1 } });
    const names = Object.keys(encoder.weights(new Random(1)));
    expect(names).toHaveLength(16);
    expect(names.every((name) => name.startsWith("encoder.layer.2."))).toBe(true);
    expect(Object.keys(encoder.constants).filter((name) => names.includes(name))).toEqual([]);
    const whole = await trainableTextEncoder(await model());
    expect(encode(encoder, texts)).toEqual(encode(whole, texts));
  });

  it("computes what is below the trained layers once for each text, or finds it in the cache", async () => {
    for (const [kind, left] of [
      ["bert", []],
      ["mpnet", ["encoder.relative_attention_bias.weight"]],
    ] as const) {
      const folder = await model({}, kind);
      const entries = new Map<string, CacheEntry>();
      const place = (space: string, key: Uint8Array) => `${space} ${key}`;
      const cache = {
        getMany: async (space: string, keys: readonly Uint8Array[]) => keys.map((key) => entries.get(place(space, key))),
        putMany: async (space: string, made: readonly (readonly [Uint8Array, CacheEntry])[]) => {
          for (const [key, entry] of made) entries.set(place(space, key), entry);
        },
      } as unknown as EmbeddingCache;
      const open = (layers: number) => trainableTextEncoder(folder, { train: { layers } });
      const plain = await open(1);
      const cold = await plain.ready([...texts, ...texts], { trace, cache });
      expect(cold.counts).toEqual({ hits: 0, misses: texts.length });
      expect(Object.keys(cold.constants)).toEqual(left);
      expect(worst(encode(cold, texts), encode(plain, texts)), kind).toBeLessThan(1e-5);
      const states = cold.prepare([texts[1]!], still)["tokens.states"]!;
      expect(states.shape).toEqual([7, 64]); // [CLS] what rate is my card [SEP]
      const warm = await (await open(1)).ready(texts, { trace: () => Promise.reject(new Error("nothing is computed")), cache });
      expect(warm.counts).toEqual({ hits: texts.length, misses: 0 });
      expect(encode(warm, texts)).toEqual(encode(cold, texts));
      // One layer fewer below: other states.
      expect((await (await open(2)).ready(texts, { trace, cache })).counts).toEqual({ hits: 0, misses: texts.length });
      expect(() => cold.prepare(["another"], still)).toThrow('"another" is none of the values that encoder');
      const stop = AbortSignal.abort();
      await expect((await open(1)).ready(texts, { trace, signal: stop })).rejects.toMatchObject({ code: "ABORTED" });
    }
  });

  it("gives layers rates that fall from the top", async () => {
    const { rates } = await trainableTextEncoder(await model(), { layerDecay: 0.5 });
    expect(rates!["encoder.layer.2.output.dense.weight"]).toBe(1);
    expect(rates!["encoder.layer.0.output.dense.weight"]).toBe(0.25);
    expect(rates!["embeddings.word_embeddings.weight"]).toBe(0.125);
    expect((await trainableTextEncoder(await model())).rates).toBeUndefined();
  });

  it("draws the dropout of a step from its generator, and none without training", async () => {
    const encoder = await (await trainableTextEncoder(await model())).ready(texts);
    const keys = (batch: HostBatch) => Object.keys(batch).filter((name) => name.startsWith("dropout."));
    const step = (seed: number) => ({ training: true, random: new Random(seed) });
    expect(keys(encoder.prepare(texts, still))).toEqual([]);
    expect(keys(encoder.prepare(texts, step(1)))).toHaveLength(10);
    expect(encoder.prepare(texts, step(1))).toEqual(encoder.prepare(texts, step(1)));
    const none = (await trainableTextEncoder(await model(), { dropout: 0 })).prepare(texts, step(1));
    expect(keys(none)).toEqual([]);
    const run = (seed: number) =>
      tf.tidy(() => encoder.apply(tensors(encoder.prepare(texts, step(seed))), weightTensors(encoder.weights(new Random(1)))).dataSync());
    expect(run(1)).toEqual(run(1));
    expect(worst(run(1), run(2))).toBeGreaterThan(0.01);
  });

  it("leaves tokens out of a step of training, others each time and by its generator alone, and none else", async () => {
    const given = ["my card has not come yet, and I have been waiting for it since Monday", "card", "where is it now, please?"];
    const [plain, dropping] = await Promise.all(
      [0, 0.4].map(async (tokenDropout) => (await trainableTextEncoder(await model(), { dropout: 0, tokenDropout })).ready(given)),
    );
    const step = (seed: number) => ({ training: true, random: new Random(seed) });
    const count = (batch: HostBatch) => batch["tokens.textOf"]!.data.filter((text) => text >= 0).length;
    expect(dropping!.prepare(given, still)).toEqual(plain!.prepare(given, still));
    const all = count(plain!.prepare(given, step(1)));
    const counts = Array.from({ length: 30 }, (_, seed) => count(dropping!.prepare(given, step(seed))));
    expect(Math.max(...counts)).toBeLessThan(all);
    expect(new Set(counts).size).toBeGreaterThan(3);
    expect(dropping!.prepare(given, step(3))).toEqual(dropping!.prepare(given, step(3)));
    expect(dropping!.fingerprint).not.toBe(plain!.fingerprint);
    // What is left is read as a text of its own: "card" is one token between two, and stays whole.
    const alone = (encoder: typeof plain) => encoder!.prepare(["card"], step(5));
    expect(alone(dropping)).toEqual(alone(plain));
  });

  it("puts the model's prompt before each text, and leaves it out of the pooling where the model says so", async () => {
    const files = (include: boolean) => ({
      "config_sentence_transformers.json": { prompts: { query: "query: " }, default_prompt_name: "query" },
      "modules.json": [
        { type: "Transformer", path: "" },
        { type: "Pooling", path: "1_Pooling" },
      ],
      "1_Pooling/config.json": { pooling_mode_mean_tokens: true, include_prompt: include },
      "onnx/model.onnx": new Uint8Array(),
    });
    const whole = await trainableTextEncoder(await model(files(true)));
    const plain = await trainableTextEncoder(await model(), { normalize: false });
    expect(encode(whole, ["my card"])).toEqual(encode(plain, ["query: my card"]));
    const without = await (await trainableTextEncoder(await model(files(false)))).ready(["my card"]);
    expect(worst(encode(without, ["my card"]), encode(whole, ["my card"]))).toBeGreaterThan(1e-3);
    expect(
      worst(await (await without.freeze(without.weights(new Random(1)), trace)).encode(["my card"]), encode(without, ["my card"])),
    ).toBeLessThan(1e-5);
  });
});

describe.each<[string, TrainableTextEncoderOptions]>([
  ["all", { train: "all" }],
  ["lora", { train: "lora", lora: { rank: 2 } }],
  ["top layers", { train: { layers: 1 }, pooling: ["cls", "max"] }],
])("the laws of trainable encoders hold for %s:", (_, options) => {
  const laws = trainableEncoderLaws(async () => trainableTextEncoder(await model(), options), texts, { backend: "onnxruntime" });
  it.each(laws.map((law) => [law.title, law] as const))("%s", (_, law) => law.run());
});

describe("trainableTextEncoder, adapters", () => {
  it("start where the model is, and merge into its weights", async () => {
    const encoder = await (await trainableTextEncoder(await model(), { train: "lora", lora: { rank: 4 } })).ready(texts);
    const first = encoder.weights(new Random(1));
    expect(Object.keys(first)).toHaveLength(12);
    expect(encode(encoder, texts)).toEqual(encode(await trainableTextEncoder(await model()), texts));
    const weights = moved(first);
    expect(worst(await (await encoder.freeze(weights, trace)).encode(texts), encode(encoder, texts, weights))).toBeLessThan(1e-5);
  });

  it("are saved as PEFT's files, and go on from them", async () => {
    const folder = await model();
    const encoder = await trainableTextEncoder(folder, {
      train: "lora",
      lora: { rank: 2, alpha: 6, targets: ["key", "attention.output.dense"] },
    });
    const weights = moved(encoder.weights(new Random(1)));
    const saved = await fresh();
    await (await encoder.freeze(weights, trace)).save(saved);
    const config = JSON.parse(await readFile(join(saved, "adapter", "adapter_config.json"), "utf8"));
    expect(config).toMatchObject({
      peft_type: "LORA",
      r: 2,
      lora_alpha: 6,
      target_modules: ["key", "attention.output.dense"],
      bias: "none",
    });
    const again = await trainableTextEncoder(folder, { train: "lora", adapter: join(saved, "adapter") });
    expect(again.weights(new Random(9))).toEqual(weights);
    expect(encode(again, texts)).toEqual(encode(encoder, texts, weights));
    expect(again.fingerprint).not.toBe(encoder.fingerprint);
  });

  it("that PEFT wrote are read with its scale", async () => {
    const folder = await fresh();
    await writeFile(join(folder, "adapter_model.safetensors"), await fixture("lora-before.safetensors"));
    const config = { peft_type: "LORA", r: 4, lora_alpha: 8, target_modules: ["query", "value"] };
    const read = async (json: object) => {
      await writeFile(join(folder, "adapter_config.json"), JSON.stringify(json));
      const bert = readTransformerConfig(await jsonFixture("bert.config.json"), "bert");
      return readAdapter(folder, bert, readTransformerWeights(await fixture("bert.safetensors"), bert, "bert").weights);
    };
    expect((await read(config)).adapters.scale).toBe(2);
    expect((await read({ ...config, use_rslora: true })).adapters.scale).toBe(4);
    for (const [change, message] of [
      [{ peft_type: "IA3" }, '`peft_type` must be "LORA"; received "IA3"'],
      [{ use_dora: true }, "`use_dora` must be false"],
      [{ bias: "all" }, '`bias` must be "none"'],
      [{ rank_pattern: { query: 2 } }, "`rank_pattern` must be absent or empty"],
      [{ r: 3 }, "must have the shape [3, 64] for this model; received [4, 64]"],
      [{ target_modules: ["query"] }, "belongs to no part of this bert model with an adapter"],
      [{ target_modules: ["query", "key", "value"] }, "has no tensor base_model.model.encoder.layer.0.attention.self.key.lora_A.weight"],
      [{ target_modules: ["q_proj"] }, '"q_proj" matches no linear part'],
      [{ target_modules: "all-linear" }, "`target_modules` must be a list of names"],
      [{ lora_alpha: undefined }, "`lora_alpha` must be a number; received undefined"],
      [{ use_rslora: "false" }, "`use_rslora` must be true or false"],
      [{ r: -1 }, "`lora.rank` must be a whole number of 1 or more; received -1"],
    ] as const)
      await expect(read({ ...config, ...change }), JSON.stringify(change)).rejects.toMatchObject({
        code: "INCOMPATIBLE",
        message: expect.stringContaining(message),
      });
  });
});

describe("trainableTextEncoder, given what is wrong,", () => {
  const bert = () => jsonFixture("bert.config.json");

  it.each<[TrainableTextEncoderOptions | object, string]>([
    [{ train: "some" }, '`trainableTextEncoder.train` must be "all", "lora" or { layers: a whole number of 1 or more }; received "some"'],
    [{ train: { layers: 0 } }, 'received {"layers":0}'],
    [{ train: { layers: 4 } }, "`trainableTextEncoder.train.layers` must be at most 3, the layers of this model; received 4"],
    [{ lora: {} }, '`trainableTextEncoder.lora` needs `train: "lora"`'],
    [{ train: "lora", lora: {}, adapter: "x" }, "takes `lora` or `adapter`, not both"],
    [
      { train: "lora", lora: { targets: ["qurey"] } },
      '`lora.targets` "qurey" matches no linear part of this bert model. Its layers have attention.self.query',
    ],
    [{ train: "lora", lora: { targets: [] } }, "`lora.targets` must be a list of names"],
    [{ train: "lora", lora: { rnak: 4 } }, 'Did you mean "rank"?'],
    [{ dropout: 1 }, "`trainableTextEncoder.dropout`"],
    [{ tokenDropout: -0.1 }, "`trainableTextEncoder.tokenDropout` must be a number from 0 to below 1; received -0.1"],
    [{ tokenDropout: 0.1, train: { layers: 2 } }, '`trainableTextEncoder.tokenDropout` goes with `train` "all" or "lora"'],
    [{ layerDecay: 0 }, "`trainableTextEncoder.layerDecay` must be a number above 0, at most 1; received 0"],
    [{ maxLength: 65 }, "`trainableTextEncoder.maxLength` must be at most 64, the positions that this model knows; received 65"],
    [{ trian: "all" }, 'Did you mean "train"?'],
  ])("names the option (%#)", async (options, message) => {
    await expect(trainableTextEncoder(await model(), options as TrainableTextEncoderOptions)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  it("says which kinds can be trained, and which fields are wrong", async () => {
    for (const [change, message] of [
      [{ model_type: "t5" }, 'is of kind "t5", which can\'t be trained here. Supported kinds are bert, roberta'],
      [{ model_type: "brt" }, 'Did you mean "bert"?'],
      [{ num_attention_heads: 5 }, "`num_attention_heads` must be a divisor of the width 64; received 5"],
      [{ num_hidden_layers: 2 ** 24 }, "`num_hidden_layers` must be a whole number from 1 to 1024"],
      [{ intermediate_size: 1e9 }, "`intermediate_size` must be a whole number from 1 to 16777216"],
      [{ pad_token_id: 200 }, "`pad_token_id` must be a token's number, below `vocab_size` (200); received 200"],
      [{ hidden_size: "64" }, "`hidden_size` must be a whole number"],
      [{ hidden_act: "swish" }, "`hidden_act` must be one of gelu, gelu_new, gelu_pytorch_tanh, relu"],
      [{ position_embedding_type: "relative_key" }, "`position_embedding_type` must be"],
      [{ hidden_dropout_prob: 1 }, "`hidden_dropout_prob` must be a number from 0 to below 1; received 1"],
      [{ layer_norm_eps: 0 }, "`layer_norm_eps` must be a number above 0"],
      [{ num_hidden_layers: 4 }, "has no tensor encoder.layer.3.attention.self.query.weight, which config.json (bert, 4 layers) asks for"],
      [
        { vocab_size: 201 },
        "tensor embeddings.word_embeddings.weight must have the shape [201, 64], as config.json says; received [200, 64]",
      ],
    ] as const) {
      const folder = await model({ "config.json": { ...(await bert()), ...change } });
      await expect(trainableTextEncoder(folder), JSON.stringify(change)).rejects.toMatchObject({
        code: "INCOMPATIBLE",
        message: expect.stringContaining(message),
      });
    }
  });

  it("names the file that is missing or damaged, however it is cut or changed", async () => {
    const folder = await model();
    const bytes = await fixture("bert.safetensors");
    const random = new Random(8);
    for (let attempt = 0; attempt < 60; attempt++) {
      const damaged = attempt % 2 === 0 ? bytes.slice(0, random.integer(bytes.length)) : bytes.slice();
      // The header decides what is read; a changed number among the weights is not to be seen.
      if (attempt % 2 === 1) for (let i = 0; i < 3; i++) damaged[random.integer(6000)] = random.integer(256);
      await writeFile(join(folder, "model.safetensors"), damaged);
      const outcome = await trainableTextEncoder(folder).then(
        () => "opened",
        (error: { code?: string; message: string }) => `${error.code} ${error.message}`,
      );
      if (outcome !== "opened") expect(outcome).toMatch(/^INCOMPATIBLE .*model\.safetensors/);
      else expect(attempt % 2).toBe(1);
    }
    await truncate(join(folder, "model.safetensors"), 2 ** 31);
    await expect(trainableTextEncoder(folder)).rejects.toThrow(/^.*model\.safetensors can't be read: .*greater than 2 GiB/);
    await rm(join(folder, "model.safetensors"));
    await expect(trainableTextEncoder(folder)).rejects.toThrow(/has no model\.safetensors\. Save it with `model\.save_pretrained/);
    await writeFile(join(folder, "config.json"), "[1");
    await expect(trainableTextEncoder(folder)).rejects.toMatchObject({
      code: "INCOMPATIBLE",
      message: expect.stringContaining("config.json"),
    });
    await expect(trainableTextEncoder(join(folder, "nowhere"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("refuses values that are no texts by their place", async () => {
    const encoder = await trainableTextEncoder(await model());
    await expect(encoder.ready(["hello", "  "])).rejects.toThrow("`values[1]` of encoder");
    await expect(encoder.ready(["hello", 3 as unknown as string])).rejects.toThrow("`values[1]`");
  });

  it("points from `textEncoder` to itself", async () => {
    await expect(textEncoder(await model(), { train: "all" } as object)).rejects.toThrow(
      '`textEncoder` takes no `train`: its weights do not change. Use `trainableTextEncoder(model, { train })` of "@quaterion/encoders/trainable".',
    );
  });
});
