import { type EmbeddingCache, type EncodeOptions, encodeCached, type FrozenEncoder, Random, type TrainingData } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import type { TrainableEncoder } from "@quaterion/core/training";
import type { PrepareRows } from "./batch-inputs.js";
import { isTrainable } from "./options.js";
import { traceWeights } from "./trace-weights.js";
import type { InitialEncoder, ModelWeights } from "./training-state.js";

/** How a run gets from values to what its steps read: through a frozen encoder's cached vectors, or through an encoder that is trained. */
export interface EncoderSource<Value> {
  readonly dim: number;
  /** Present where the encoder is trained. */
  readonly trained?: TrainableEncoder<Value>;
  /** What a trained encoder has to say of the values. */
  readonly notes: readonly string[];
  readonly hits: number;
  readonly misses: number;
  /** What the values are to this run, as bytes. */
  readonly digest: Uint8Array;
  /** First weights of a trained encoder. */
  initial(random: Random): InitialEncoder | undefined;
  /** The vectors of the data's rows, or what makes rows ready for a step. @param random for dropout; none where absent */
  rows(random?: Random): Float32Array | PrepareRows;
  heldOutRows(): Float32Array | PrepareRows;
  /** How much work a row of the data is beside others, where a trained encoder tells. */
  readonly rowSize?: (row: number) => number;
  /** The encoder of the model. */
  finish(weights: ModelWeights): Promise<FrozenEncoder<Value>>;
}

/** What a source is made of. */
export interface EncoderSourceParts<Value> extends Pick<EncodeOptions, "signal" | "onProgress"> {
  readonly encoder: FrozenEncoder<Value> | TrainableEncoder<Value>;
  readonly cache: EmbeddingCache;
  readonly data: TrainingData<Value>;
  readonly validation?: TrainingData<Value>;
}

/** Nothing is drawn from it: without training there is no dropout. */
const stillRandom = new Random(0);

/** Encodes the values with a frozen encoder, or checks that a trained one can read them. */
export function encoderSource<Value>(parts: EncoderSourceParts<Value>): Promise<EncoderSource<Value>> {
  const { encoder } = parts;
  return isTrainable(encoder) ? trainedSource(encoder, parts) : frozenSource(encoder, parts);
}

async function frozenSource<Value>(
  encoder: FrozenEncoder<Value>,
  { cache, data, validation, signal, onProgress }: EncoderSourceParts<Value>,
): Promise<EncoderSource<Value>> {
  const encoded = await encodeCached(encoder, cache, data.values, { signal, onProgress });
  const heldOut = validation && (await encodeCached(encoder, cache, validation.values, { signal, onProgress }));
  const { vectors } = encoded;
  return {
    dim: encoder.dim,
    notes: [],
    hits: encoded.hits + (heldOut?.hits ?? 0),
    misses: encoded.misses + (heldOut?.misses ?? 0),
    digest: new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength),
    initial: () => undefined,
    rows: () => vectors,
    heldOutRows: () => heldOut!.vectors,
    finish: async () => encoder,
  };
}

async function trainedSource<Value>(
  given: TrainableEncoder<Value>,
  { data, validation, cache, signal, onProgress }: EncoderSourceParts<Value>,
): Promise<EncoderSource<Value>> {
  const all = validation ? [...data.values, ...validation.values] : data.values;
  const encoder = await given.ready(all, { trace: traceWeights, cache, signal, onProgress });
  const keys: string[] = [];
  for (const value of data.values) keys.push(sha256(await encoder.key(value)));
  const { values } = data;
  const [note] = encoder.notes;
  if (note) onProgress?.({ phase: "reading values", done: values.length, total: values.length, unit: "values", note });
  return {
    dim: encoder.dim,
    trained: encoder,
    notes: encoder.notes,
    hits: encoder.counts?.hits ?? 0,
    misses: encoder.counts?.misses ?? 0,
    digest: new TextEncoder().encode(keys.join()),
    initial: (random) => ({
      weights: encoder.weights(random),
      constants: encoder.constants,
      rate: (name) => encoder.rates?.[name] ?? 1,
    }),
    rows: preparing(encoder, values),
    heldOutRows: () => preparing(encoder, validation!.values)(),
    ...(encoder.stepNumbers && { rowSize: (row: number) => encoder.stepNumbers!([values[row]!]) }),
    finish: ({ encoder: weights }) => encoder.freeze(weights, traceWeights),
  };
}

function preparing<Value>(encoder: TrainableEncoder<Value>, values: readonly Value[]): (random?: Random) => PrepareRows {
  return (random) => (rows) =>
    encoder.prepare(
      Array.from(rows, (row) => values[row]!),
      random ? { training: true, random } : { training: false, random: stillRandom },
    );
}
