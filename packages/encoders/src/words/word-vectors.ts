import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import {
  AbortedError,
  boolean,
  checkOptions,
  type EncoderReference,
  type FrozenEncoder,
  IncompatibleError,
  NotFoundError,
  nonEmptyString,
  positiveFiniteNumber,
} from "@quaterion/core";
import { isFile, sha256 } from "@quaterion/core/node";
import { checkSameEncoder } from "../combined/saved-parts.js";
import { normalize } from "../rows.js";
import { type EncoderFiles, namedFile, saveFiles, verifyFiles } from "../saved-files.js";
import { checkTexts } from "../text/check-texts.js";
import { textKey } from "../text/text-key.js";
import { wordParts } from "../text/word-parts.js";

/** Options of {@link wordVectors}. */
export interface WordVectorsOptions {
  /** The constant a: the smaller, the less common words count. Default 0.001, the paper's. */
  smoothing?: number | undefined;
  /** Vectors are scaled to length 1. Default true. */
  normalize?: boolean | undefined;
}

const checks = { smoothing: positiveFiniteNumber, normalize: boolean };

const vocabularyFile = "vocab.txt";
const vectorFile = "vectors.f32";
const frequencyFile = "word-frequency.txt";

/**
 * Static word vectors (GloVe, word2vec), averaged over the words of a text, common words counting less:
 * v(text) = Σ_w a / (a + p(w)) · v_w / (number of known words), p(w) the word's share of all running words; then scaled to length 1.
 * Words are runs of letters, marks and digits in lower case. A text without a known word gets the zero vector.
 *
 * Files of the folder: `vocab.txt` (one word a line), `vectors.f32` (little-endian float32 `[words, dim]`), and where there is one
 * `word-frequency.txt` (`word count` a line); without it all words count the same.
 *
 * Arora, Liang & Ma, "A simple but tough-to-beat baseline for sentence embeddings", ICLR 2017, eq. 1 (without removing the common component).
 * @throws {NotFoundError} when a file is missing
 * @throws {IncompatibleError} when the files do not fit each other
 */
export async function wordVectors(folder: string, options: WordVectorsOptions = {}): Promise<FrozenEncoder<string>> {
  nonEmptyString(folder, "folder");
  checkOptions("wordVectors", options, checks);
  const files: Record<string, string> = {};
  for (const path of [vocabularyFile, vectorFile, frequencyFile]) {
    const place = join(folder, path);
    if (await isFile(place)) files[path] = place;
    else if (path !== frequencyFile)
      throw new NotFoundError(`${resolve(folder)} has no ${path}. Give a folder with ${vocabularyFile} and ${vectorFile}.`);
  }
  return openWordVectors(basename(resolve(folder)), files, options.smoothing ?? 1e-3, options.normalize ?? true);
}

/** The encoder that a reference of kind "word-vectors" describes. */
export async function loadWordVectors(reference: EncoderReference, folder: string): Promise<FrozenEncoder<string>> {
  const files = await verifyFiles(reference, folder);
  namedFile(files, vocabularyFile, reference);
  namedFile(files, vectorFile, reference);
  const { smoothing, normalize: scaled } = reference.config as { smoothing: number; normalize: boolean };
  return checkSameEncoder(await openWordVectors(reference.name, files, smoothing, scaled), reference);
}

async function openWordVectors(name: string, files: EncoderFiles, smoothing: number, scaled: boolean): Promise<FrozenEncoder<string>> {
  const vocabulary = await readFile(files[vocabularyFile]!, "utf8");
  const bytes = await readFile(files[vectorFile]!);
  const frequencies = files[frequencyFile] === undefined ? "" : await readFile(files[frequencyFile], "utf8");
  const words = lines(vocabulary);
  const dim = bytes.length / 4 / words.length;
  if (!Number.isInteger(dim) || dim === 0) {
    throw new IncompatibleError(
      `${files[vectorFile]} has ${bytes.length} bytes, which is not a whole number of float32 for each of ${words.length} words.`,
    );
  }
  const table = new Float32Array(words.length * dim);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < table.length; i++) {
    table[i] = view.getFloat32(4 * i, true);
    if (!Number.isFinite(table[i]))
      throw new IncompatibleError(`${files[vectorFile]} holds ${table[i]} for the word "${words[Math.floor(i / dim)]}".`);
  }
  const weights = wordWeights(words, frequencies, files[frequencyFile], smoothing);
  const rows = new Map(words.map((word, row) => [word, row]));
  const fingerprint = sha256("word-vectors/1", vocabulary, bytes, frequencies, JSON.stringify([smoothing, scaled]));
  return {
    name,
    fingerprint,
    dim,
    key: textKey,
    parts: wordParts,
    async encode(values, { signal, onProgress } = {}) {
      checkTexts(name, values);
      const vectors = new Float32Array(values.length * dim);
      for (const [i, text] of values.entries()) {
        if (signal?.aborted) throw new AbortedError(`Encoding was stopped after ${i} of ${values.length} texts.`, { cause: signal.reason });
        const target = vectors.subarray(i * dim, (i + 1) * dim);
        let known = 0;
        for (const word of text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []) {
          const row = rows.get(word);
          if (row === undefined) continue;
          known++;
          for (let d = 0; d < dim; d++) target[d]! += weights[row]! * table[row * dim + d]!;
        }
        if (known > 0) for (let d = 0; d < dim; d++) target[d]! /= known;
        if (scaled) normalize(target);
      }
      onProgress?.({ phase: "encoding texts", done: values.length, total: values.length, unit: "texts" });
      return vectors;
    },
    async save(folder): Promise<EncoderReference> {
      return {
        kind: "word-vectors",
        name,
        fingerprint,
        dim,
        files: await saveFiles(files, folder),
        config: { smoothing, normalize: scaled },
      };
    },
  };
}

/** a / (a + p(w)) for each word; 1 where its frequency is not known. */
function wordWeights(words: readonly string[], frequencies: string, file: string | undefined, smoothing: number): Float64Array {
  const counts = new Map<string, number>();
  let total = 0;
  for (const [i, line] of lines(frequencies).entries()) {
    const [word, text] = line.split(/\s+/);
    const count = Number(text);
    if (text === undefined || !Number.isFinite(count) || count < 0) {
      throw new IncompatibleError(`${file}, row ${i + 1}: expected a word and its count, received ${JSON.stringify(line.slice(0, 60))}.`);
    }
    counts.set(word!, (counts.get(word!) ?? 0) + count);
    total += count;
  }
  return Float64Array.from(words, (word) => smoothing / (smoothing + (counts.get(word) ?? 0) / (total || 1)));
}

function lines(text: string): string[] {
  const all = text.split(/\r?\n/);
  if (all.at(-1) === "") all.pop();
  return all;
}
