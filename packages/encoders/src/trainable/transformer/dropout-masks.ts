import type { Random } from "@quaterion/core";
import type { HostBatch } from "@quaterion/core/training";
import { dropoutPlaces } from "./token-states.js";
import type { TransformerConfig } from "./transformer-config.js";

/** Shares of numbers that become 0 in training. */
export interface DropoutRates {
  readonly states: number;
  readonly attention: number;
}

/**
 * Draws the dropout of one step: masks by place, 0 with the place's rate, else 1 / (1 − rate). The step's generator only seeds a quicker one, for
 * a step takes millions of draws; rates are met to 1 / 65,536.
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

const levels = 65_536;

/**
 * Two draws of 16 bits from each number of a 32-bit xorshift (Marsaglia, "Xorshift RNGs", JSS 2003, triple 13, 17, 5). Numbers are written by their bits,
 * all of them or none by the sign of a difference: a branch that goes one way in ten costs as much again as the draws.
 */
function mask(size: number, rate: number, random: Random): Float32Array {
  const least = Math.round(rate * levels);
  const values = new Float32Array(size + (size & 1));
  const bits = new Int32Array(values.buffer);
  const kept = new Int32Array(Float32Array.of(levels / (levels - least)).buffer)[0]!;
  let state = random.bits() || 1;
  for (let i = 0; i < size; i += 2) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bits[i] = ((least - 1 - (state & 0xffff)) >> 31) & kept;
    bits[i + 1] = ((least - 1 - (state >>> 16)) >> 31) & kept;
  }
  return values.subarray(0, size);
}
