import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeOnnxModel, type OnnxAttribute } from "@quaterion/formats";

/** Words of the tiny model; a word's number is its row in {@link tinyEmbeddings}. */
export const tinyWords = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "my", "card", "is", "lost", "what", "rate", "##s", "query", ":", "hello"];

export const tinyDim = 4;

/** `[words, 4]`: numbers that are easy to follow, no two rows alike. */
export const tinyEmbeddings = Float32Array.from({ length: tinyWords.length * tinyDim }, (_, i) => Math.sin(i * 1.7) + (i % 3) * 0.25);

/**
 * One layer of self-attention without weights, masked: states H = softmax(E Eᵀ + mask) E, E the embeddings of the tokens. So each state
 * depends on all tokens, and padding would show if it were not masked.
 */
export function tinyOnnx(options: { types?: boolean; nan?: boolean } = {}): Uint8Array {
  const int = (value: number): OnnxAttribute => ({ kind: "int", value });
  const inputs = ["input_ids", "attention_mask", ...(options.types ? ["token_type_ids"] : [])];
  const table = tinyEmbeddings.slice();
  if (options.nan) table[tinyWords.indexOf("hello") * tinyDim] = Number.NaN;
  return encodeOnnxModel({
    inputs: inputs.map((name) => ({ name, dtype: "int64", shape: ["batch", "length"] })),
    initializers: [
      { name: "table", dtype: "float32", shape: [tinyWords.length, tinyDim], data: table },
      { name: "one", dtype: "float32", shape: [], data: Float32Array.of(1) },
      { name: "far", dtype: "float32", shape: [], data: Float32Array.of(1e9) },
      { name: "axis", dtype: "int64", shape: [1], data: BigInt64Array.of(1n) },
      { name: "last", dtype: "int64", shape: [1], data: BigInt64Array.of(2n) },
    ],
    nodes: [
      { op: "Gather", inputs: ["table", "input_ids"], outputs: ["words"] },
      ...(options.types
        ? [
            { op: "Cast", inputs: ["token_type_ids"], outputs: ["types"], attributes: { to: int(1) } },
            { op: "Unsqueeze", inputs: ["types", "last"], outputs: ["column"] },
            { op: "Add", inputs: ["words", "column"], outputs: ["E"] },
          ]
        : [{ op: "Identity", inputs: ["words"], outputs: ["E"] }]),
      { op: "Transpose", inputs: ["E"], outputs: ["Et"], attributes: { perm: { kind: "ints", value: [0, 2, 1] } } },
      { op: "MatMul", inputs: ["E", "Et"], outputs: ["scores"] },
      { op: "Cast", inputs: ["attention_mask"], outputs: ["mask"], attributes: { to: int(1) } },
      { op: "Sub", inputs: ["mask", "one"], outputs: ["negative"] },
      { op: "Mul", inputs: ["negative", "far"], outputs: ["bias"] },
      { op: "Unsqueeze", inputs: ["bias", "axis"], outputs: ["row"] },
      { op: "Add", inputs: ["scores", "row"], outputs: ["masked"] },
      { op: "Softmax", inputs: ["masked"], outputs: ["shares"], attributes: { axis: int(-1) } },
      { op: "MatMul", inputs: ["shares", "E"], outputs: ["last_hidden_state"] },
    ],
    outputs: [{ name: "last_hidden_state", dtype: "float32", shape: ["batch", "length", tinyDim] }],
  });
}

export const tinyTokenizer = {
  version: "1.0",
  added_tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map((content, id) => ({ id, content, special: true, normalized: false })),
  normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [],
    special_tokens: { "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] }, "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] } },
  },
  decoder: null,
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(tinyWords.map((word, id) => [word, id])),
  },
};

/** The files of a tiny model, as sentence-transformers lays them out. `extra` overrides or adds files. */
export function tinyFiles(extra: Readonly<Record<string, unknown>> = {}): Record<string, Uint8Array | string> {
  const files: Record<string, unknown> = {
    "tokenizer.json": tinyTokenizer,
    "tokenizer_config.json": { pad_token: "[PAD]", model_max_length: 512, tokenizer_class: "BertTokenizer" },
    "config.json": { model_type: "bert", max_position_embeddings: 512 },
    "onnx/model.onnx": tinyOnnx(),
    ...extra,
  };
  return Object.fromEntries(Object.entries(files).map(([path, file]) => [path, file instanceof Uint8Array ? file : JSON.stringify(file)]));
}

export async function writeTinyModel(folder: string, extra: Readonly<Record<string, unknown>> = {}): Promise<string> {
  for (const [path, file] of Object.entries(tinyFiles(extra))) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), file);
  }
  return folder;
}

/** What the tiny model gives for token numbers, by its formula, in float64: states `[tokens, 4]`. */
export function tinyStates(ids: readonly number[]): number[][] {
  const embedded = ids.map((id) => [...tinyEmbeddings.subarray(id * tinyDim, (id + 1) * tinyDim)]);
  return embedded.map((query) => {
    const exp = embedded.map((key) => Math.exp(key.reduce((sum, k, d) => sum + k * query[d]!, 0)));
    const total = exp.reduce((sum, e) => sum + e, 0);
    return query.map((_, d) => exp.reduce((sum, e, t) => sum + (e / total) * embedded[t]![d]!, 0));
  });
}
