import type { Random } from "@quaterion/core";
import type { HostBatch } from "@quaterion/core/training";
import type { DropoutRates } from "./dropout-rates.js";
import { dropoutPlaces } from "./token-states.js";
import type { TransformerConfig } from "./transformer-config.js";

/**
 * Draws the dropout of one step: masks by place, 0 with the place's rate, else 1. The step's generator only seeds quicker ones, for a step takes millions
 * of draws; rates are met to 1 / 65,536.
 * @param from the lowest layer that has dropout; −1: the embeddings too
 */
export function dropoutMasks(
  { kind, layers, heads, dim }: TransformerConfig,
  rates: DropoutRates,
  rows: number,
  length: number,
  from: number,
  random: Random,
): HostBatch {
  const masks: Record<string, HostBatch[string]> = {};
  const add = (place: string, shape: readonly number[], rate: number) => {
    if (rate > 0)
      masks[place] = {
        shape,
        data: mask(
          shape.reduce((size, each) => size * each, 1),
          rate,
          random,
        ),
      };
  };
  const states = [rows * length, dim];
  if (from < 0) add(dropoutPlaces.embeddings, states, rates.states);
  for (let layer = Math.max(0, from); layer < layers; layer++) {
    add(dropoutPlaces.attention(layer), [rows, heads, length, length], rates.attention);
    // DistilBERT has none between attention and its norm.
    if (kind !== "distilbert") add(dropoutPlaces.attentionOutput(layer), states, rates.states);
    add(dropoutPlaces.output(layer), states, rates.states);
  }
  return masks;
}

/** Draws have 15 bits, so that the bit above tells one that reaches the rate from one that does not. */
const levels = 32_768;

/**
 * Four draws at a time, two of each of two 32-bit xorshifts (Marsaglia, "Xorshift RNGs", JSS 2003, triple 13, 17, 5) that do not wait for each other, written as
 * one number of four bytes. A branch that goes one way in ten would cost as much again as the draws.
 */
function mask(size: number, rate: number, random: Random): Uint8Array {
  const least = Math.round(rate * levels) * 0x00010001;
  const values = new Uint8Array((size + 3) & ~3);
  const fours = new Int32Array(values.buffer);
  let a = random.bits() || 1;
  let b = random.bits() || 1;
  for (let i = 0; i < fours.length; i++) {
    a ^= a << 13;
    b ^= b << 13;
    a ^= a >>> 17;
    b ^= b >>> 17;
    a ^= a << 5;
    b ^= b << 5;
    const ofA = (((a & 0x7fff7fff) | 0x80008000) - least) & 0x80008000;
    const ofB = (((b & 0x7fff7fff) | 0x80008000) - least) & 0x80008000;
    fours[i] = (ofA >>> 15) | (ofB >>> 7);
  }
  return values.subarray(0, size);
}
