import {
  cachedEncoder,
  type EmbeddingCache,
  type EmbeddingModel,
  type EncodeOptions,
  encodeCached,
  type FrozenEncoder,
  InvalidArgumentError,
  type Json,
  NonFiniteError,
  Random,
} from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import type { Head, InitialTensor } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { embed } from "./embed.js";
import type { Engine } from "./engine.js";
import { type ModelFacts, saveModel } from "./save-model.js";
import { tensorsOf } from "./tensors-of.js";
import { weightsFile } from "./weights-file.js";

/** Rows that go through the head at a time: one shape, so that an engine compiles one graph. */
const blockRows = 256;

/** Encoder and trained head. Holds no tensors: there is nothing to dispose. */
export interface TrainedModel<Value> extends EmbeddingModel<Value> {
  readonly encoder: FrozenEncoder<Value>;
  readonly head: Head;
  /** Trained weights of the head, by name. */
  readonly weights: Readonly<Record<string, InitialTensor>>;
  /** Whether embeddings have length 1. */
  readonly normalized: boolean;
  /** Embeddings of vectors that the encoder made already. @param vectors `[vectors, encoder.dim]` @returns `[vectors, dim]` */
  encodeVectors(vectors: Float32Array): Promise<Float32Array>;
  /**
   * Writes the model as a folder: `quaterion.json`, `encoder/`, `head.onnx`, `head.safetensors`. Takes the place of an older model there.
   * @throws {StorageError} when it can't be written, or the folder holds something else; what was there stays
   */
  save(folder: string): Promise<void>;
}

/** What a {@link TrainedModel} is made of. */
export interface TrainedModelParts<Value> {
  readonly encoder: FrozenEncoder<Value>;
  /** Was the encoder trained, and not a head alone? */
  readonly encoderTrained: boolean;
  readonly cache: EmbeddingCache;
  readonly head: Head;
  readonly weights: Readonly<Record<string, InitialTensor>>;
  readonly normalized: boolean;
  readonly engine: Engine;
  readonly spaces: readonly { readonly name: string; readonly labels: readonly string[] }[];
  readonly relations: Json;
  readonly training: Json;
}

export function trainedModel<Value>(parts: TrainedModelParts<Value>): TrainedModel<Value> {
  const { encoder, head, weights, normalized, engine, cache } = parts;
  const dim = head.dim(encoder.dim);
  const fingerprint = sha256(encoder.fingerprint, head.name, JSON.stringify(head.config), String(normalized), weightsFile(weights));
  const step = { training: false, random: new Random(0) };

  async function encodeVectors(vectors: Float32Array): Promise<Float32Array> {
    if (vectors.length % encoder.dim !== 0) {
      throw new InvalidArgumentError(
        `\`vectors\` must hold rows of the encoder's dimension, ${encoder.dim}; received ${vectors.length} numbers.`,
      );
    }
    const rows = vectors.length / encoder.dim;
    const embeddings = new Float32Array(rows * dim);
    for (let start = 0; start < rows; start += blockRows) {
      const block = new Float32Array(blockRows * encoder.dim);
      block.set(vectors.subarray(start * encoder.dim, Math.min(rows, start + blockRows) * encoder.dim));
      await engine.use();
      const output = tf.tidy(() => {
        return embed(head, tf.tensor2d(block, [blockRows, encoder.dim]), tensorsOf(weights), step, normalized);
      });
      const values = (await output.data()) as Float32Array;
      output.dispose();
      embeddings.set(values.subarray(0, Math.min(blockRows, rows - start) * dim), start * dim);
    }
    const bad = embeddings.findIndex((number) => !Number.isFinite(number));
    if (bad >= 0) throw new NonFiniteError(`The head returned ${embeddings[bad]} for vector ${Math.floor(bad / dim)}.`);
    return embeddings;
  }

  const facts: ModelFacts<Value> = { ...parts, fingerprint, dim };
  return {
    fingerprint,
    dim,
    encoder,
    ...(parts.encoderTrained ? { encoderTrained: true } : { base: cachedEncoder(encoder, cache) }),
    head,
    weights,
    normalized,
    encodeVectors,
    encode: async (values: readonly Value[], options?: EncodeOptions) =>
      encodeVectors((await encodeCached(encoder, cache, values, options)).vectors),
    parts: encoder.parts && ((value) => encoder.parts!(value)),
    save: (folder) => saveModel(folder, facts),
  };
}
