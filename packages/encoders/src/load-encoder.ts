import { type EncoderReference, type FrozenEncoder, IncompatibleError, suggestion } from "@quaterion/core";
import { loadHashingEncoder } from "./hashing/hashing-encoder.js";
import { loadOnnxTextEncoder } from "./text/onnx-text-encoder.js";

/** Options of {@link loadEncoder}. */
export interface LoadEncoderOptions {
  /** Threads of one run of a model. Default: one for each core. */
  readonly threads?: number;
}

type Load = (
  reference: EncoderReference,
  folder: string,
  options: LoadEncoderOptions,
) => FrozenEncoder<unknown> | Promise<FrozenEncoder<unknown>>;

const kinds: Readonly<Record<string, Load>> = {
  hashing: (reference) => loadHashingEncoder(reference),
  "onnx-text": loadOnnxTextEncoder,
};

/**
 * The encoder that was saved in `folder`, with the same fingerprint and vectors. The sha256 of each file is checked first.
 * @throws {NotFoundError} when a file is missing
 * @throws {IncompatibleError} when a file is another one, or the encoder is of a kind that this package does not know
 */
export async function loadEncoder<Value = unknown>(
  reference: EncoderReference,
  folder: string,
  options: LoadEncoderOptions = {},
): Promise<FrozenEncoder<Value>> {
  const load = Object.hasOwn(kinds, reference.kind) ? kinds[reference.kind] : undefined;
  if (!load) {
    throw new IncompatibleError(
      `The saved encoder "${reference.name}" is of kind "${reference.kind}", which this release does not know.${suggestion(reference.kind, Object.keys(kinds))} An encoder of your own has to be passed in where the model is loaded.`,
    );
  }
  return (await load(reference, folder, options)) as FrozenEncoder<Value>;
}
