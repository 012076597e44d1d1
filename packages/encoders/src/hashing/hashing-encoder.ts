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
import { checkTexts } from "../text/check-texts.js";
import { textKey } from "../text/text-key.js";
import { wordParts } from "../text/word-parts.js";
import { hashFeature } from "./hash-feature.js";

/** Options of {@link hashingEncoder}. */
export interface HashingEncoderOptions {
  /** Size of the vectors. Default 1024. */
  dim?: number;
  /** Lengths of the word n-grams, each 1 to 8. `[]`: none. Default [1, 2]. */
  words?: readonly number[];
  /** Lengths of the character n-grams, taken within words, whose edges count as a character; each 1 to 8. `[]`: none. Default [3, 4, 5]. */
  characters?: readonly number[];
  /** Share of the cosine that words get where there are both, 0 to 1. Default 0.3. */
  wordShare?: number;
  /** Upper and lower case are one. Default true. */
  lowercase?: boolean;
}

type Settings = Required<HashingEncoderOptions>;

const defaults: Settings = { dim: 1024, words: [1, 2], characters: [3, 4, 5], wordShare: 0.3, lowercase: true };

const lengths: Check<readonly number[]> = (value, argument) => {
  if (Array.isArray(value) && value.every((n) => Number.isInteger(n) && n >= 1 && n <= 8) && new Set(value).size === value.length)
    return value;
  throw new InvalidArgumentError(
    `\`${argument}\` must be an array of different whole numbers from 1 to 8; received ${JSON.stringify(value) ?? shown(value)}.`,
  );
};

const checks = { dim: positiveInteger, words: lengths, characters: lengths, wordShare: fraction, lowercase: boolean };

/** Changes when the same options would give other vectors. */
const recipe = "hashing/1";

/**
 * Hashed word and character n-grams: an encoder that needs no model, no download and no fitting, and knows spelling but no meaning.
 *
 * Text is brought to NFKC form (and lower case); words are runs of letters, marks, digits and apostrophes, any other visible character is a
 * word of its own. Each n-gram f is counted, and adds sign(f) · (1 + ln count(f)) to place hash(f) mod `dim`. The word part and the character
 * part are scaled to squared lengths `wordShare` and 1 − `wordShare` and added; the sum has length 1. Float32 `[values, dim]`.
 *
 * Signed hashing: Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.
 * @throws {InvalidArgumentError} for a wrong option; from `encode` for a value that is not a text, or empty
 */
export function hashingEncoder(options: HashingEncoderOptions = {}): FrozenEncoder<string> {
  checkOptions("hashingEncoder", options, checks);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
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
  const name = "hashed n-grams";
  const fingerprint = sha256(recipe, JSON.stringify(config));
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
        addFeatures(values[i]!, config, vectors.subarray(i * config.dim, (i + 1) * config.dim));
      }
      onProgress?.({ phase: "encoding texts", done: values.length, total: values.length, unit: "texts" });
      return vectors;
    },
    async save(): Promise<EncoderReference> {
      return { kind: "hashing", name, fingerprint, dim: config.dim, files: {}, config };
    },
  };
}

/** The encoder that a reference of kind "hashing" describes. @throws {IncompatibleError} when this release would give other vectors */
export function loadHashingEncoder(reference: EncoderReference): FrozenEncoder<string> {
  const encoder = hashingEncoder(reference.config as HashingEncoderOptions);
  if (encoder.fingerprint !== reference.fingerprint) {
    throw new IncompatibleError(
      `The saved encoder "${reference.name}" hashes n-grams in another way than this release. Load it with the release that saved it, or train again.`,
    );
  }
  return encoder;
}

const words = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]/gu;

/** Adds the features of a text to the zero vector `target`. */
function addFeatures(text: string, settings: Settings, target: Float32Array): void {
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
  const both = wordPart.size > 0 && characterPart.size > 0;
  place(wordPart, target, both ? settings.wordShare : 1);
  place(characterPart, target, both ? 1 - settings.wordShare : 1);
  normalize(target);
}

function count(counts: Map<number, number>, feature: number): void {
  counts.set(feature, (counts.get(feature) ?? 0) + 1);
}

/** Adds a part, scaled to squared length `share`, to `target`. */
function place(counts: Map<number, number>, target: Float32Array, share: number): void {
  if (counts.size === 0 || share === 0) return;
  const part = new Float64Array(target.length);
  for (const [feature, times] of counts) {
    // The sign is taken from the lowest bit, the place from the others.
    part[(feature >>> 1) % target.length]! += (feature & 1 ? 1 : -1) * (1 + Math.log(times));
  }
  let squares = 0;
  for (const number of part) squares += number * number;
  if (squares === 0) return;
  const scale = Math.sqrt(share / squares);
  for (let i = 0; i < part.length; i++) target[i]! += part[i]! * scale;
}
