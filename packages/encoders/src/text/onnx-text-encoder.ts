import {
  AbortedError,
  type EncodeOptions,
  type EncoderReference,
  type FrozenEncoder,
  IncompatibleError,
  type Json,
  oneOf,
  type Role,
} from "@quaterion/core";
import { fileSha256, sha256 } from "@quaterion/core/node";
import type { Tensor } from "onnxruntime-node";
import { floatsOf, type OnnxRuntime, openOnnxModel } from "../onnx-session.js";
import { checkFiniteRows, normalizeRows } from "../rows.js";
import { type EncoderFiles, type FileContents, namedFile, saveFiles, verifyFiles } from "../saved-files.js";
import { checkTexts } from "./check-texts.js";
import { lengthGroups } from "./length-groups.js";
import { pool } from "./pooling.js";
import { textKey } from "./text-key.js";
import type { TextModelSettings } from "./text-model-settings.js";
import { openTokenizer, type Tokens } from "./text-tokenizer.js";
import { wordParts } from "./word-parts.js";

const knownRole = oneOf(["query", "document"]);

/** What an encoder of texts did so far. */
export interface TextEncoderStats {
  readonly texts: number;
  /** Texts that were longer than the model reads: only their start counts. */
  readonly cut: number;
  /** Tokens of the texts. */
  readonly tokens: number;
  /** Tokens computed beside them, to make texts of one run equally long. */
  readonly padding: number;
}

/** A transformer for texts that ONNX Runtime runs. */
export interface OnnxTextEncoder extends FrozenEncoder<string> {
  readonly settings: TextModelSettings;
  readonly stats: TextEncoderStats;
}

/** How an encoder is run; no vector depends on it. */
export interface TextRunOptions {
  /** Threads of one run. Default: one for each core. */
  readonly threads?: number | undefined;
  /** Most texts in one run. Default 64. */
  readonly batch?: number | undefined;
}

/** Where an encoder's files lie; `files` also holds what the model file needs beside it. */
export interface TextModelFiles {
  readonly files: EncoderFiles;
  /** Path of the model file. */
  readonly model: string;
  /** The model file, where it is in memory alone. */
  readonly modelBytes?: Uint8Array;
  /** Files that are saved with the encoder for other programs, and not needed to load it. */
  readonly beside?: FileContents;
}

/** Changes when the same files and settings would give other vectors. */
const recipe = "onnx-text/1";

/** Opens model and tokenizer. The fingerprint covers the bytes of each file and all settings. */
export async function openOnnxTextEncoder(
  name: string,
  { files, model, modelBytes, beside = {} }: TextModelFiles,
  settings: TextModelSettings,
  { threads, batch = 64 }: TextRunOptions,
): Promise<OnnxTextEncoder> {
  const sums: string[] = [];
  const all: FileContents = modelBytes === undefined ? files : { ...files, [model]: { content: modelBytes } };
  for (const path of Object.keys(all).sort()) {
    const file = all[path]!;
    sums.push(path === model ? "model" : path, typeof file === "string" ? await fileSha256(file) : sha256(file.content));
  }
  const fingerprint = sha256(recipe, ...sums, settingsText(settings));
  const tokenizer = await openTokenizer(files["tokenizer.json"]!, files["tokenizer_config.json"], settings.maxLength);
  const runtime = await openOnnxModel(modelBytes ?? files[model]!, files[model] ?? `The model "${name}"`, threads);
  const output = outputName(runtime, name);
  const stats = { texts: 0, cut: 0, tokens: 0, padding: 0 };

  const promptOf = (role: Role | undefined) => (role && settings.prompts[role]) ?? settings.prompts.default ?? "";
  const roles = (["query", "document"] as const).filter((role) => promptOf(role) !== promptOf(undefined));

  async function encode(values: readonly string[], { role, signal, onProgress }: EncodeOptions = {}): Promise<Float32Array> {
    checkTexts(name, values);
    if (role !== undefined) knownRole(role, "encode.role");
    const prompt = promptOf(role);
    const from = prompt !== "" && !settings.poolPrompt ? promptTokens(tokenizer.tokens(shape(prompt))) : 0;
    const tokens = values.map((value) => tokenizer.tokens(shape(prompt + value)));
    const cut = tokens.filter((entry) => entry.cut).length;
    stats.cut += cut;
    const note =
      cut === 0 ? undefined : `${cut} of ${values.length} texts are longer than ${settings.maxLength} tokens: only their start counts`;
    let vectors: Float32Array | undefined;
    let dim = 0;
    let done = 0;
    for (const rows of lengthGroups(
      tokens.map((entry) => entry.ids.length),
      batch,
    )) {
      if (signal?.aborted)
        throw new AbortedError(`Encoding was stopped after ${done} of ${values.length} texts.`, { cause: signal.reason });
      const { states, length, width } = await runTexts(
        runtime,
        output,
        rows.map((row) => tokens[row]!),
        tokenizer.padding,
        name,
      );
      dim = length === undefined ? width : width * settings.pooling.length;
      vectors ??= new Float32Array(values.length * dim);
      for (const [i, row] of rows.entries()) {
        const target = vectors.subarray(row * dim, (row + 1) * dim);
        if (length === undefined) target.set(states.subarray(i * width, (i + 1) * width));
        else
          pool(
            states.subarray(i * length * width, (i + 1) * length * width),
            width,
            from,
            tokens[row]!.ids.length,
            settings.pooling,
            target,
          );
        stats.tokens += tokens[row]!.ids.length;
      }
      const longest = tokens[rows[0]!]!.ids.length;
      stats.padding += rows.reduce((sum, row) => sum + longest - tokens[row]!.ids.length, 0);
      stats.texts += rows.length;
      done += rows.length;
      onProgress?.({ phase: "encoding texts", done, total: values.length, unit: "texts", note });
    }
    if (vectors === undefined) return new Float32Array(0);
    checkFiniteRows(name, vectors, dim, (row) => values[row]);
    if (settings.normalize) normalizeRows(vectors, dim);
    return vectors;
  }

  const shape = (text: string) => (settings.lowercase ? text.toLowerCase() : text);
  // One text through the model tells the size of its vectors, which no file of a model states reliably.
  const dim = (await encode(["a"])).length;
  Object.assign(stats, { texts: 0, cut: 0, tokens: 0, padding: 0 });
  return {
    name,
    fingerprint,
    dim,
    settings,
    stats,
    ...(roles.length > 0 ? { roles } : {}),
    key: textKey,
    parts: wordParts,
    encode,
    async save(folder): Promise<EncoderReference> {
      const config = { model, ...settings } as unknown as Json;
      await saveFiles(beside, folder);
      return { kind: "onnx-text", name, fingerprint, dim, files: await saveFiles(all, folder), config };
    },
  };
}

/** The encoder that a reference of kind "onnx-text" describes, from its folder. */
export async function loadOnnxTextEncoder(reference: EncoderReference, folder: string, options: TextRunOptions): Promise<OnnxTextEncoder> {
  const files = await verifyFiles(reference, folder);
  const { model, ...settings } = reference.config as unknown as TextModelSettings & { model: string };
  namedFile(files, model, reference);
  namedFile(files, "tokenizer.json", reference);
  const encoder = await openOnnxTextEncoder(reference.name, { files, model }, settings, options);
  if (encoder.fingerprint === reference.fingerprint) return encoder;
  throw new IncompatibleError(`The saved encoder "${reference.name}" has other settings than when it was saved. Save the model again.`);
}

function settingsText({ pooling, normalize, maxLength, lowercase, prompts, poolPrompt }: TextModelSettings): string {
  return JSON.stringify([
    pooling,
    normalize,
    maxLength,
    lowercase,
    prompts.query ?? "",
    prompts.document ?? "",
    prompts.default ?? "",
    poolPrompt,
  ]);
}

/** Tokens of a prompt that are before the text: all but a closing special token. */
function promptTokens({ ids }: Tokens): number {
  return Math.max(0, ids.length - 1);
}

const knownInputs = new Set(["input_ids", "attention_mask", "token_type_ids", "position_ids"]);

/** The output to read: token states where the model gives them, else a vector for each text. */
function outputName({ session }: OnnxRuntime, name: string): string {
  const unknown = session.inputNames.filter((input) => !knownInputs.has(input));
  if (unknown.length > 0 || !session.inputNames.includes("input_ids")) {
    throw new IncompatibleError(
      `The model "${name}" reads ${session.inputNames.join(", ")}; a text encoder reads input_ids, and if it likes attention_mask, token_type_ids, position_ids. Take an encoder model exported for feature extraction.`,
    );
  }
  const wanted = ["last_hidden_state", "token_embeddings", "sentence_embedding"];
  return wanted.find((output) => session.outputNames.includes(output)) ?? session.outputNames[0]!;
}

/** The texts of one run as a model's inputs, padded to the longest; and its output. @returns states `[texts, length, width]`, or vectors `[texts, width]` where `length` is undefined */
export async function runTexts({ session, Tensor }: OnnxRuntime, output: string, texts: readonly Tokens[], padding: number, name: string) {
  const longest = Math.max(...texts.map((text) => text.ids.length));
  const shape = [texts.length, longest];
  const feeds: Record<string, Tensor> = {};
  for (const input of session.inputMetadata) {
    const numbers = new Int32Array(texts.length * longest);
    for (const [i, { ids, types }] of texts.entries()) {
      for (let t = 0; t < longest; t++) {
        const within = t < ids.length;
        let number = 0;
        if (input.name === "input_ids") number = within ? ids[t]! : padding;
        else if (input.name === "attention_mask") number = within ? 1 : 0;
        else if (input.name === "token_type_ids") number = within ? (types?.[t] ?? 0) : 0;
        else number = within ? t : 0;
        numbers[i * longest + t] = number;
      }
    }
    const narrow = input.isTensor && input.type === "int32";
    feeds[input.name] = narrow ? new Tensor("int32", numbers, shape) : new Tensor("int64", BigInt64Array.from(numbers, BigInt), shape);
  }
  const { [output]: result } = await session.run(feeds, [output]);
  const { dims, data } = result!;
  const states = floatsOf(data);
  const ranked = dims.length === 3 && dims[0] === texts.length && dims[1] === longest;
  if (!ranked && !(dims.length === 2 && dims[0] === texts.length)) {
    throw new IncompatibleError(
      `The output ${output} of the model "${name}" must have the shape [texts, tokens, dim] or [texts, dim]; received [${dims.join(", ")}] for ${texts.length} texts of ${longest} tokens.`,
    );
  }
  return ranked ? { states, length: longest, width: dims[2]! } : { states, length: undefined, width: dims[1]! };
}
