import type { TracedInput, TraceToOnnx, WeightValues } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { PoolingMode } from "../../text/pooling.js";
import type { TextModelSettings } from "../../text/text-model-settings.js";
import { unseen } from "./text-batch.js";
import { tokenStates, type WeightTensors } from "./token-states.js";
import type { TransformerConfig } from "./transformer-config.js";
import { unitLength } from "./unit-length.js";

/**
 * A transformer as an ONNX model with the inputs and outputs that exports of sentence-transformers have: `input_ids`, `attention_mask` and, where the
 * kind has token types, `token_type_ids`, int64 `[batch, length]` each, to `last_hidden_state` `[batch, length, dim]` and `sentence_embedding`
 * `[batch, modes · dim]`, pooled and scaled as the settings say. Texts may be padded on either side.
 */
export function exportTextModel(
  config: TransformerConfig,
  weights: WeightValues,
  settings: TextModelSettings,
  trace: TraceToOnnx,
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  return trace(
    (tensors, ids, mask, types) => {
      const { shaped, places, seen } = statesOf(config, tensors, ids!, mask!, types);
      const parts = settings.pooling.map((mode) => pooled(shaped, places, seen, mode));
      const vectors = parts.length === 1 ? parts[0]! : (tf.concat(parts, 1) as tf.Tensor2D);
      return { last_hidden_state: shaped, sentence_embedding: settings.normalize ? unitLength(vectors) : vectors };
    },
    weights,
    inputsOf(config),
    metadata,
  );
}

/** The lowest layers of a transformer as an ONNX model of the same inputs: to `last_hidden_state`, the states after them. */
export function exportLowerLayers(
  config: TransformerConfig,
  layers: number,
  weights: WeightValues,
  trace: TraceToOnnx,
): Promise<Uint8Array> {
  return trace(
    (tensors, ids, mask, types) => ({ last_hidden_state: statesOf({ ...config, layers }, tensors, ids!, mask!, types).shaped }),
    weights,
    inputsOf(config),
    {},
  );
}

function inputsOf({ types }: TransformerConfig): TracedInput[] {
  const names = ["input_ids", "attention_mask", ...(types > 1 ? ["token_type_ids"] : [])];
  return names.map((name) => ({ name, shape: ["batch", "length"], dtype: "int64" }));
}

function statesOf(config: TransformerConfig, weights: WeightTensors, ids: tf.Tensor, mask: tf.Tensor, types: tf.Tensor | undefined) {
  const [rows, length] = ids.shape as [number, number];
  const tokens = rows * length;
  const seen = tf.cast(mask, "float32") as tf.Tensor2D;
  const places = tf.mul(tf.cumsum(seen, 1), seen) as tf.Tensor2D; // 1 for a text's first token, 0 for padding
  const positions = tf.cast(tf.maximum(tf.add(places, config.firstPosition - 1), 0), "int32");
  const flat = (x: tf.Tensor) => tf.reshape(x, [tokens]) as tf.Tensor1D;
  const states = tokenStates(config, weights, {
    rows,
    length,
    start: { ids: flat(ids), positions: flat(positions), types: types && flat(types) },
    hidden: tf.reshape(tf.mul(tf.sub(1, seen), unseen), [rows, 1, 1, length]),
  });
  return { shaped: tf.reshape(states, [rows, length, config.dim]) as tf.Tensor3D, places, seen };
}

/** @param places from 1 within each text, 0 for padding @param seen 1 for tokens, 0 for padding */
function pooled(states: tf.Tensor3D, places: tf.Tensor2D, seen: tf.Tensor2D, mode: PoolingMode): tf.Tensor2D {
  const column = (x: tf.Tensor2D) => tf.expandDims(x, 2);
  const tokens = tf.sum(seen, 1, true) as tf.Tensor2D;
  const total = (shares: tf.Tensor2D) => tf.sum(tf.mul(states, column(shares)), 1) as tf.Tensor2D;
  const only = (place: tf.Tensor2D | number) => tf.cast(tf.equal(places, place), "float32") as tf.Tensor2D;
  switch (mode) {
    case "cls":
      return total(only(1));
    case "lastToken":
      return total(only(tokens));
    case "max":
      return tf.max(tf.add(states, column(tf.mul(tf.sub(1, seen), unseen))), 1);
    case "mean":
      return tf.div(total(seen), tokens);
    case "meanSqrtLength":
      return tf.div(total(seen), tf.sqrt(tokens));
    case "weightedMean":
      return tf.div(total(places), tf.sum(places, 1, true));
  }
}
