import {
  anything,
  checkOptions,
  type EncoderReference,
  type FrozenEncoder,
  IncompatibleError,
  positiveInteger,
  reject,
  suggestion,
} from "@quaterion/core";
import { loadMultiEncoder } from "./combined/multi-encoder.js";
import { loadPrecomputed } from "./combined/precomputed.js";
import { loadSwitchEncoder } from "./combined/switch-encoder.js";
import { vectorEncoder } from "./combined/vector-encoder.js";
import { loadHashingEncoder } from "./hashing/hashing-encoder.js";
import { loadOnnxImageEncoder } from "./images/onnx-image-encoder.js";
import { loadSentenceEncoderLite } from "./lite/sentence-encoder-lite.js";
import { loadOnnxTextEncoder } from "./text/onnx-text-encoder.js";
import { loadWordVectors } from "./words/word-vectors.js";

/** Options of {@link loadEncoder}. */
export interface LoadEncoderOptions {
  /** Threads of one run of a model. Default: one for each core. */
  readonly threads?: number | undefined;
  /** For a `switchEncoder`: the name of the encoder for a value. */
  readonly select?: ((value: never) => string) | undefined;
}

type Load = (
  reference: EncoderReference,
  folder: string,
  options: LoadEncoderOptions,
) => FrozenEncoder<unknown> | Promise<FrozenEncoder<unknown>>;

const kinds: Readonly<Record<string, Load>> = {
  hashing: loadHashingEncoder,
  multi: (reference, folder, options) => loadMultiEncoder(reference, folder, (part, inside) => loadEncoder(part, inside, options)),
  "onnx-image": (reference, folder, { threads }) => loadOnnxImageEncoder(reference, folder, { threads }),
  "onnx-text": (reference, folder, { threads }) => loadOnnxTextEncoder(reference, folder, { threads }),
  precomputed: loadPrecomputed,
  "sentence-encoder-lite": (reference, folder, { threads }) => loadSentenceEncoderLite(reference, folder, { threads }),
  switch: (reference, folder, options) =>
    loadSwitchEncoder(
      reference,
      folder,
      (part, inside) => loadEncoder(part, inside, options),
      options.select as ((value: unknown) => string) | undefined,
    ),
  vector: (reference) => vectorEncoder(reference.dim),
  "word-vectors": loadWordVectors,
};

/**
 * The encoder that was saved in `folder`, with the same fingerprint and vectors. The sha256 of each file is checked first.
 * @throws {InvalidArgumentError} when the reference is none, or the folder is no text
 * @throws {NotFoundError} when a file is missing
 * @throws {IncompatibleError} when a file is another one, or the encoder is of a kind that this package does not know
 */
export async function loadEncoder<Value = unknown>(
  reference: EncoderReference,
  folder: string,
  options: LoadEncoderOptions = {},
): Promise<FrozenEncoder<Value>> {
  checkOptions("loadEncoder", options, { threads: positiveInteger, select: anything });
  if (typeof reference?.kind !== "string" || typeof reference.name !== "string")
    reject("reference", "what the encoder's `save` returned, with `kind` and `name`", reference);
  if (typeof folder !== "string") reject("folder", "the folder that it was saved in", folder);
  const load = Object.hasOwn(kinds, reference.kind) ? kinds[reference.kind] : undefined;
  if (!load) {
    throw new IncompatibleError(
      `The saved encoder "${reference.name}" is of kind "${reference.kind}", which this release does not know.${suggestion(reference.kind, Object.keys(kinds))} An encoder of your own has to be passed in where the model is loaded.`,
    );
  }
  return (await load(reference, folder, options)) as FrozenEncoder<Value>;
}
