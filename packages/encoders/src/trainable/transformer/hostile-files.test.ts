import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { QuaterionError, Random } from "@quaterion/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { damaged, hostileJson } from "../../../test/hostile-edits.js";
import { fixture, jsonFixture, writeTinyTransformer } from "../../../test/tiny-transformer.js";
import { readAdapter } from "./adapter-files.js";
import { type TrainableTextEncoderOptions, trainableTextEncoder } from "./trainable-text-encoder.js";
import { readTransformerConfig, type TransformerConfig } from "./transformer-config.js";
import { readTransformerWeights } from "./transformer-weights.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "hostile-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const modelFiles: Readonly<Record<string, unknown>> = {
  "modules.json": [
    { idx: 0, name: "0", path: "", type: "sentence_transformers.models.Transformer" },
    { idx: 1, name: "1", path: "1_Pooling", type: "sentence_transformers.models.Pooling" },
    { idx: 2, name: "2", path: "2_Normalize", type: "sentence_transformers.models.Normalize" },
  ],
  "1_Pooling/config.json": { word_embedding_dimension: 64, pooling_mode_cls_token: true, pooling_mode_mean_tokens: true },
  "sentence_bert_config.json": { max_seq_length: 32, do_lower_case: false },
  "config_sentence_transformers.json": { prompts: { query: "query: ", document: "hello" }, default_prompt_name: "query" },
};

const adapterConfig = { peft_type: "LORA", r: 4, lora_alpha: 8, target_modules: ["query", "value"], bias: "none", rank_pattern: {} };
const adapterConfigFields = ["r", "lora_alpha", "target_modules", "peft_type", "use_rslora", "alpha_pattern", "use_dora"];
const configFields = [
  ...["hidden_size", "num_attention_heads", "num_hidden_layers", "n_layers", "intermediate_size", "vocab_size", "max_position_embeddings"],
  ...["type_vocab_size", "pad_token_id", "model_type", "layer_norm_eps", "hidden_dropout_prob", "hidden_act"],
];

const favoured: Readonly<Record<string, readonly string[]>> = {
  "config.json": configFields,
  "1_Pooling/config.json": ["pooling_mode", "pooling_mode_cls_token"],
  "sentence_bert_config.json": ["max_seq_length"],
  "tokenizer_config.json": ["pad_token", "model_max_length"],
};

/** Either all is well with what was made, or the error is this house's own and names the file. */
function checkedEnd(error: unknown, named: readonly (string | RegExp)[]): void {
  if (!QuaterionError.is(error)) throw error;
  if (!named.some((name) => (typeof name === "string" ? error.message.includes(name) : name.test(error.message))))
    throw new Error(`The message names neither file nor field: ${error.message}`, { cause: error });
}

/** What a model is for: texts made ready are token numbers that its table has. */
async function use(folder: string, options: TrainableTextEncoderOptions, vocabulary = 200): Promise<void> {
  const encoder = await trainableTextEncoder(folder, options);
  const texts = ["my card", "hello what rate is my cards", "zebra"];
  const ready = await encoder.ready(texts);
  const batch = (options.train === "lora" ? ready : encoder).prepare(texts, { training: false, random: new Random(1) });
  expect(encoder.dim).toBeGreaterThanOrEqual(64);
  for (const id of batch["tokens.ids"]!.data) expect(id >= 0 && id < vocabulary).toBe(true);
  for (const { data } of Object.values(ready.prepare(texts, { training: true, random: new Random(1) })))
    expect(data.every((value) => Number.isFinite(value))).toBe(true);
}

describe("config.json, in any state,", () => {
  it.each(["bert", "roberta", "mpnet", "distilbert"])("gives numbers in range or an error that names it: %s", async (kind) => {
    const whole = await jsonFixture(`${kind}.config.json`);
    fc.assert(
      fc.property(hostileJson(whole, configFields), (text) => {
        let config: TransformerConfig;
        try {
          config = readTransformerConfig(JSON.parse(text), "the/config.json");
        } catch (error) {
          if (!(error instanceof SyntaxError)) checkedEnd(error, ["the/config.json"]);
          return;
        }
        const { layers, heads, dim, padding, vocabulary, normEpsilon, dropout, attentionDropout } = config;
        for (const size of [layers, heads, dim, config.hidden, vocabulary, config.positions])
          expect(Number.isInteger(size) && size >= 1).toBe(true);
        // Names of all layers' weights are made before the file of weights is looked at.
        expect(layers).toBeLessThanOrEqual(1024);
        expect(dim % heads).toBe(0);
        expect(padding).toBeLessThan(vocabulary);
        expect(Math.fround(normEpsilon)).toBeGreaterThan(0);
        for (const rate of [dropout, attentionDropout]) expect(rate >= 0 && rate < 1).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });
});

describe.each<[string, TrainableTextEncoderOptions]>([
  ["config.json", {}],
  ["config.json", { train: "lora" }],
  ["tokenizer.json", {}],
  ["tokenizer_config.json", {}],
  ["modules.json", {}],
  ["1_Pooling/config.json", {}],
  ["sentence_bert_config.json", {}],
  ["config_sentence_transformers.json", {}],
])("a model whose %s is in any state, %j,", (path, options) => {
  it("works, or says what is wrong with which file", async () => {
    const folder = await writeTinyTransformer(await mkdtemp(join(root, "m")), modelFiles);
    const whole = await readFile(join(folder, path));
    const change = fc.oneof(
      {
        weight: 4,
        arbitrary: hostileJson(JSON.parse(`${whole}`), favoured[path]).map((text) => Buffer.from(text)),
      },
      { weight: 1, arbitrary: damaged(whole) },
    );
    await fc.assert(
      fc.asyncProperty(change, async (bytes) => {
        await mkdir(join(folder, path, ".."), { recursive: true });
        await writeFile(join(folder, path), bytes);
        await use(folder, options).catch((error) => checkedEnd(error, [basename(path), "`maxLength`"]));
      }),
      { numRuns: 60 },
    );
  });
});

describe("adapters whose files are in any state", () => {
  it("are read, or the error names the file", async () => {
    const folder = await mkdtemp(join(root, "a"));
    const config = readTransformerConfig(await jsonFixture("bert.config.json"), "bert");
    const { weights } = readTransformerWeights(await fixture("bert.safetensors"), config, "bert");
    const whole = Buffer.from(await fixture("lora-before.safetensors"));
    const headerBytes = Number(whole.readBigUInt64LE());
    const header = JSON.parse(whole.toString("utf8", 8, 8 + headerBytes)) as Record<string, unknown>;
    const withHeader = (text: string) => {
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
      return Buffer.concat([size, Buffer.from(text), whole.subarray(8 + headerBytes)]);
    };
    const [first, ...others] = Object.keys(header).filter((name) => name !== "__metadata__");
    const oneTensor = hostileJson(header[first!], ["dtype", "shape", "data_offsets"]).map((text) => {
      const rest = JSON.stringify(Object.fromEntries(others.map((name) => [name, header[name]])));
      return `{${JSON.stringify(first)}:${text},${rest.slice(1)}`;
    });
    const json = JSON.stringify(adapterConfig);
    const files = fc.oneof(
      hostileJson(adapterConfig, adapterConfigFields).map((text) => ["adapter_config.json", Buffer.from(text), whole] as const),
      damaged(Buffer.from(json)).map((bytes) => ["adapter_config.json", bytes, whole] as const),
      fc.oneof(hostileJson(header), oneTensor).map((text) => ["adapter_model.safetensors", Buffer.from(json), withHeader(text)] as const),
      damaged(whole).map((bytes) => ["adapter_model.safetensors", Buffer.from(json), bytes] as const),
    );
    await fc.assert(
      fc.asyncProperty(files, async ([, configBytes, weightBytes]) => {
        await writeFile(join(folder, "adapter_config.json"), configBytes);
        await writeFile(join(folder, "adapter_model.safetensors"), weightBytes);
        try {
          const { adapters, weights: read } = await readAdapter(folder, config, weights);
          expect(Number.isFinite(adapters.scale) && adapters.scale > 0).toBe(true);
          for (const { values } of Object.values(read)) expect(values.every(Number.isFinite)).toBe(true);
        } catch (error) {
          checkedEnd(error, ["adapter_config.json", "adapter_model.safetensors"]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
