import type { HostBatch } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { PoolingMode } from "../../text/pooling.js";
import type { PackedTexts } from "./pack-texts.js";

/** Far below any number that a state has. */
const farBelow = -1e9;

/** Modes that are sums of states with a share each. */
const shares: Readonly<Partial<Record<PoolingMode, (tokens: number, token: number) => number>>> = {
  mean: (tokens) => 1 / tokens,
  meanSqrtLength: (tokens) => 1 / Math.sqrt(tokens),
  weightedMean: () => 1,
};

/**
 * What {@link poolPacked} reads of a batch: which token belongs to which text, and by mode each token's share or place.
 * @param lengths tokens of each text
 * @param from tokens of a prompt that are left out, at the start of each text
 */
export function poolInputs(
  { rows, length, places }: PackedTexts,
  lengths: readonly number[],
  modes: readonly PoolingMode[],
  from: number,
): HostBatch {
  const tokens = rows * length;
  const texts = lengths.length;
  const inputs: Record<string, HostBatch[string]> = {};
  const textOf = new Int32Array(tokens);
  const starts = places.map(({ row, start }) => row * length + start);
  for (const [text, start] of starts.entries()) textOf.fill(text, start, start + lengths[text]!);
  // A prompt that fills the whole length is pooled itself, rather than nothing.
  const skipped = lengths.map((own) => (from < own ? from : 0));
  inputs["pool.texts"] = { shape: [texts], data: Int32Array.from(starts, (start, text) => start + skipped[text]!) };
  if (modes.some((mode) => shares[mode])) inputs["pool.textOf"] = { shape: [tokens], data: textOf };
  for (const mode of modes) {
    const share = shares[mode];
    if (share) {
      const data = new Float32Array(tokens);
      for (const [text, start] of starts.entries()) {
        const [first, end] = [skipped[text]!, lengths[text]!];
        let total = 0;
        for (let token = first; token < end; token++) total += token + 1;
        for (let token = first; token < end; token++) {
          data[start + token] = mode === "weightedMean" ? (token + 1) / total : share(end - first, token);
        }
      }
      inputs[`pool.${mode}`] = { shape: [tokens, 1], data };
    } else if (mode === "lastToken") {
      inputs["pool.lastToken"] = { shape: [texts], data: Int32Array.from(starts, (start, text) => start + lengths[text]! - 1) };
    } else if (mode === "max") {
      const data = new Int32Array(texts * length);
      const hidden = new Float32Array(texts * length).fill(farBelow);
      for (const [text, start] of starts.entries()) {
        for (let token = skipped[text]!; token < lengths[text]!; token++) {
          data[text * length + token] = start + token;
          hidden[text * length + token] = 0;
        }
      }
      inputs["pool.max"] = { shape: [texts * length], data };
      inputs["pool.max.hidden"] = { shape: [texts, length, 1], data: hidden };
    }
  }
  return inputs;
}

/**
 * Pools the states of packed texts; several modes are put one after the other. The formulas are those of {@link PoolingMode}.
 * @param states `[rows · length, dim]`
 * @returns `[texts, modes · dim]`
 */
export function poolPacked(states: tf.Tensor2D, batch: Readonly<Record<string, tf.Tensor>>, modes: readonly PoolingMode[]): tf.Tensor2D {
  const first = batch["pool.texts"] as tf.Tensor1D;
  const texts = first.shape[0];
  const dim = states.shape[1];
  const parts = modes.map((mode): tf.Tensor2D => {
    if (mode === "cls") return tf.gather(states, first);
    if (mode === "lastToken") return tf.gather(states, batch["pool.lastToken"] as tf.Tensor1D);
    if (mode === "max") {
      const own = tf.reshape(tf.gather(states, batch["pool.max"] as tf.Tensor1D), [texts, -1, dim]);
      return tf.max(tf.add(own, batch["pool.max.hidden"]!), 1);
    }
    return tf.unsortedSegmentSum(tf.mul(states, batch[`pool.${mode}`]!), batch["pool.textOf"] as tf.Tensor1D, texts);
  });
  return parts.length === 1 ? parts[0]! : (tf.concat(parts, 1) as tf.Tensor2D);
}
