import { readFile } from "node:fs/promises";
import {
  AbortedError,
  boolean,
  type Check,
  checkOptions,
  type EncoderReference,
  type FrozenEncoder,
  fraction,
  IncompatibleError,
  InvalidArgumentError,
  positiveInteger,
  shown,
} from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import { normalize } from "../rows.js";
import { saveFiles, verifyFiles } from "../saved-files.js";
import { checkTexts } from "../text/check-texts.js";
import { textKey } from "../text/text-key.js";
import { wordParts } from "../text/word-parts.js";
import { DocumentFrequencies } from "./document-frequencies.js";
import { hashFeature } from "./hash-feature.js";

/** Options of {@link hashingEncoder}. */
export interface HashingEncoderOptions {
  /** Size of the vectors. Default 1024. */
  dim?: number | undefined;
  /** Lengths of the word n-grams, each 1 to 8. `[]`: none. Default [1, 2]. */
  words?: readonly number[] | undefined;
  /** Lengths of the character n-grams, taken within words, whose edges count as a character; each 1 to 8. `[]`: none. Default [3, 4, 5]. */
  characters?: readonly number[] | undefined;
  /** Share of the cosine that words get where there are both, 0 to 1. Default 0.3. */
  wordShare?: number | undefined;
  /** Upper and lower case are one. Default true. */
  lowercase?: boolean | undefined;
  /** Texts of the kind that will be encoded, such as the training texts: n-grams that many of them hold count less. Default: all count alike. */
  corpus?: readonly string[] | undefined;
}

type Settings = Required<Omit<HashingEncoderOptions, "corpus">>;

const defaults: Settings = { dim: 1024, words: [1, 2], characters: [3, 4, 5], wordShare: 0.3, lowercase: true };

const lengths: Check<readonly number[]> = (value, argument) => {
  if (Array.isArray(value) && value.every((n) => Number.isInteger(n) && n >= 1 && n <= 8) && new Set(value).size === value.length)
    return value;
  throw new InvalidArgumentError(
    `\`${argument}\` must be an array of different whole numbers from 1 to 8; received ${JSON.stringify(value) ?? shown(value)}.`,
  );
};

const corpus: Check<readonly string[]> = (value, argument) => {
  if (!Array.isArray(value) || value.length === 0)
    throw new InvalidArgumentError(
      `\`${argument}\` must be an array of one text or more; received ${Array.isArray(value) ? "none" : shown(value)}.`,
    );
  checkTexts(argument, value);
  return value;
};

const checks = { dim: positiveInteger, words: lengths, characters: lengths, wordShare: fraction, lowercase: boolean, corpus };

/** Changes when the same options would give other vectors. */
const recipe = "hashing/1";

/**
 * Hashed word and character n-grams: an encoder that needs no model, no download and no fitting, and knows spelling but no meaning.
 *
 * Text is brought to NFKC form (and lower case); words are runs of letters, marks, digits and apostrophes, any other visible character is a
 * word of its own. Each n-gram f is counted, and adds sign(f) · (1 + ln count(f)) · idf(f) to place hash(f) mod `dim`. The word part and the character
 * part are scaled to squared lengths `wordShare` and 1 − `wordShare` and added; the sum has length 1. Float32 `[values, dim]`.
 * idf(f) = 1 + ln((1 + n) / (1 + n(f))) with n texts in the `corpus`, n(f) of which hold f; 1 without a corpus.
 *
 * Signed hashing: Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.
 * @throws {InvalidArgumentError} for a wrong option; from `encode` for a value that is not a text, or empty
 */
export function hashingEncoder(options: HashingEncoderOptions = {}): FrozenEncoder<string> {
  checkOptions("hashingEncoder", options, checks);
  const { corpus: texts, ...rest } = options;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const settings: Settings = { ...defaults, ...given };
  const config = {
    dim: settings.dim,
    words: [...settings.words].sort((a, b) => a - b),
    characters: [...settings.characters].sort((a, b) => a - b),
    wordShare: settings.wordShare,
    lowercase: settings.lowercase,
  };
  if (config.words.length + config.characters.length === 0) {
    throw new InvalidArgumentError("`hashingEncoder` needs n-grams: give `words` or `characters` at least one length.");
  }
  return withFrequencies(config, texts && DocumentFrequencies.of(texts, (text) => featuresOf(text, config)));
}

const frequencyFile = "document-frequencies.u32";

function withFrequencies(config: Settings, frequencies: DocumentFrequencies | undefined): FrozenEncoder<string> {
  const name = "hashed n-grams";
  const bytes = frequencies?.bytes();
  const fingerprint = sha256(recipe, JSON.stringify(config), ...(bytes ? [bytes] : []));
  return {
    name,
    fingerprint,
    dim: config.dim,
    key: textKey,
    parts: wordParts,
    async encode(values, { signal, onProgress } = {}) {
      checkTexts(name, values);
      const vectors = new Float32Array(values.length * config.dim);
      for (let i = 0; i < values.length; i++) {
        if (i % 1024 === 0 && i > 0) {
          onProgress?.({ phase: "encoding texts", done: i, total: values.length, unit: "texts" });
          await new Promise<void>((resume) => setImmediate(resume));
        }
        if (signal?.aborted) throw new AbortedError(`Encoding was stopped after ${i} of ${values.length} texts.`, { cause: signal.reason });
        addFeatures(values[i]!, config, frequencies, vectors.subarray(i * config.dim, (i + 1) * config.dim));
      }
      onProgress?.({ phase: "encoding texts", done: values.length, total: values.length, unit: "texts" });
      return vectors;
    },
    async save(folder): Promise<EncoderReference> {
      const files = bytes ? await saveFiles({ [frequencyFile]: { content: bytes } }, folder) : {};
      return { kind: "hashing", name, fingerprint, dim: config.dim, files, config };
    },
  };
}

/** The encoder that a reference of kind "hashing" describes. @throws {IncompatibleError} when this release would give other vectors */
export async function loadHashingEncoder(reference: EncoderReference, folder: string): Promise<FrozenEncoder<string>> {
  const files = await verifyFiles(reference, folder);
  const frequencies = files[frequencyFile] && DocumentFrequencies.from(new Uint8Array(await readFile(files[frequencyFile])));
  const plain = hashingEncoder(reference.config as HashingEncoderOptions); // checks the options
  const encoder = frequencies ? withFrequencies(reference.config as unknown as Settings, frequencies) : plain;
  if (encoder.fingerprint !== reference.fingerprint) {
    throw new IncompatibleError(
      `The saved encoder "${reference.name}" hashes n-grams in another way than this release. Load it with the release that saved it, or train again.`,
    );
  }
  return encoder;
}

const words = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]/gu;

/** The two parts of a text's features: hash → times. */
function featureCounts(text: string, settings: Settings): { wordPart: Map<number, number>; characterPart: Map<number, number> } {
  const form = text.normalize("NFKC");
  const tokens = (settings.lowercase ? form.toLowerCase() : form).match(words) ?? [text];
  const wordPart = new Map<number, number>();
  for (const n of settings.words) {
    // A text shorter than the n-gram has none of that length.
    for (let i = 0; i + n <= tokens.length; i++) {
      const gram = tokens.slice(i, i + n).join(" ");
      count(wordPart, hashFeature(gram, 0, gram.length, n));
    }
  }
  const characterPart = new Map<number, number>();
  if (settings.characters.length > 0) {
    for (const token of tokens) {
      const edged = ` ${token} `;
      for (const n of settings.characters) {
        for (let i = 0; i + n <= edged.length; i++) count(characterPart, hashFeature(edged, i, i + n, 16 + n));
      }
    }
  }
  // A text with no n-gram of any asked length ("a" with words of 2 only) still gets a vector of its own.
  if (wordPart.size + characterPart.size === 0) {
    const whole = tokens.join(" ");
    count(wordPart, hashFeature(whole, 0, whole.length, 32));
  }
  return { wordPart, characterPart };
}

function* featuresOf(text: string, settings: Settings): Generator<number> {
  const { wordPart, characterPart } = featureCounts(text, settings);
  yield* wordPart.keys();
  yield* characterPart.keys();
}

/** Adds the features of a text to the zero vector `target`. */
function addFeatures(text: string, settings: Settings, frequencies: DocumentFrequencies | undefined, target: Float32Array): void {
  const { wordPart, characterPart } = featureCounts(text, settings);
  const both = wordPart.size > 0 && characterPart.size > 0;
  place(wordPart, frequencies, target, both ? settings.wordShare : 1);
  place(characterPart, frequencies, target, both ? 1 - settings.wordShare : 1);
  normalize(target);
}

function count(counts: Map<number, number>, feature: number): void {
  counts.set(feature, (counts.get(feature) ?? 0) + 1);
}

/** Adds a part, scaled to squared length `share`, to `target`. */
function place(counts: Map<number, number>, frequencies: DocumentFrequencies | undefined, target: Float32Array, share: number): void {
  if (counts.size === 0 || share === 0) return;
  const part = new Float64Array(target.length);
  for (const [feature, times] of counts) {
    // The sign is taken from the lowest bit, the place from the others.
    part[(feature >>> 1) % target.length]! += (feature & 1 ? 1 : -1) * (1 + Math.log(times)) * (frequencies?.weight(feature) ?? 1);
  }
  let squares = 0;
  for (const number of part) squares += number * number;
  if (squares === 0) return;
  const scale = Math.sqrt(share / squares);
  for (let i = 0; i < part.length; i++) target[i]! += part[i]! * scale;
}
