import type { HostBatch } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { Tokens } from "../../text/text-tokenizer.js";
import type { PackedTexts } from "./pack-texts.js";
import type { TokenRows } from "./token-states.js";
import type { TransformerConfig } from "./transformer-config.js";

/** Far below any product of attention: its share becomes 0. */
export const unseen = -1e9;

/** Which text each token is of, as {@link packedRows} reads it. Padding is a text of its own, of each row: it sees itself and nothing else. */
function placeInputs(lengths: readonly number[], { rows, length, places }: PackedTexts): HostBatch {
  const textOf = new Float32Array(rows * length).fill(-1);
  for (const [text, { row, start }] of places.entries()) textOf.fill(text, row * length + start, row * length + start + lengths[text]!);
  return { "tokens.textOf": { shape: [rows, length], data: textOf } };
}

/** Packed texts as {@link packedRows} reads them: by their tokens, or by the states that the lower layers made of them, `[tokens, dim]` each. */
export function tokenInputs(
  texts: readonly Tokens[],
  packed: PackedTexts,
  config: TransformerConfig,
  lower?: readonly Float32Array[],
): HostBatch {
  const lengths = texts.map(({ ids }) => ids.length);
  const read = lower === undefined ? wordInputs(texts, packed, config) : stateInputs(lower, packed, config.dim);
  return { ...placeInputs(lengths, packed), ...read };
}

function stateInputs(lower: readonly Float32Array[], { rows, length, places }: PackedTexts, dim: number): HostBatch {
  const data = new Float32Array(rows * length * dim);
  for (const [text, { row, start }] of places.entries()) data.set(lower[text]!, (row * length + start) * dim);
  return { "tokens.states": { shape: [rows * length, dim], data } };
}

function wordInputs(texts: readonly Tokens[], { rows, length, places }: PackedTexts, config: TransformerConfig): HostBatch {
  const tokens = rows * length;
  const ids = new Int32Array(tokens).fill(config.padding);
  const positions = new Int32Array(tokens).fill(config.firstPosition);
  // Single texts are all of type 0: only what differs is fed.
  const typed = config.types > 1 && texts.some(({ types }) => types?.some((type) => type !== 0));
  const types = typed ? new Int32Array(tokens) : undefined;
  for (const [text, { ids: own, types: ownTypes }] of texts.entries()) {
    const { row, start } = places[text]!;
    const at = row * length + start;
    for (let token = 0; token < own.length; token++) {
      ids[at + token] = own[token]!;
      positions[at + token] = config.firstPosition + token;
      if (types) types[at + token] = ownTypes?.[token] ?? 0;
    }
  }
  return {
    "tokens.ids": { shape: [tokens], data: ids },
    "tokens.positions": { shape: [tokens], data: positions },
    ...(types && { "tokens.types": { shape: [tokens], data: types } }),
  };
}

/** Packed texts as rows of tokens, each seeing the tokens of its own text. @param lowerLayers layers that states given instead of tokens went through */
export function packedRows(batch: Readonly<Record<string, tf.Tensor>>, lowerLayers: number): TokenRows {
  const textOf = batch["tokens.textOf"] as tf.Tensor2D;
  const [rows, length] = textOf.shape;
  const other = tf.notEqual(tf.reshape(textOf, [rows, 1, length, 1]), tf.reshape(textOf, [rows, 1, 1, length]));
  return {
    rows,
    length,
    start: batch["tokens.states"]
      ? { states: batch["tokens.states"] as tf.Tensor2D, layers: lowerLayers }
      : {
          ids: batch["tokens.ids"] as tf.Tensor1D,
          positions: batch["tokens.positions"] as tf.Tensor1D,
          types: batch["tokens.types"] as tf.Tensor1D | undefined,
        },
    hidden: tf.mul(tf.cast(other, "float32"), unseen) as tf.Tensor4D,
  };
}
