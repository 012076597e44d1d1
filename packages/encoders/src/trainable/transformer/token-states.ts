import * as tf from "@tensorflow/tfjs-core";
import type { DropoutRates } from "./dropout-rates.js";
import { hiddenFunctions } from "./gelu.js";
import { keptByMask } from "./kept-by-mask.js";
import { layerNorm } from "./layer-norm.js";
import { recomputed } from "./recomputed.js";
import type { TransformerConfig } from "./transformer-config.js";
import { embeddingNames, layerNames, layerOf } from "./weight-names.js";

/** Weights by name, as tensors. */
export type WeightTensors = Readonly<Record<string, tf.Tensor>>;

/** Tokens by number, in rows of one length. */
export interface Words {
  /** int32 `[rows · length]` */
  readonly ids: tf.Tensor1D;
  /** int32 `[rows · length]`; all 0 where absent. */
  readonly types?: tf.Tensor1D;
  /** int32 `[rows · length]` */
  readonly positions: tf.Tensor1D;
}

/** States after the lower layers, known already. */
export interface LowerStates {
  /** `[rows · length, dim]` */
  readonly states: tf.Tensor2D;
  /** Layers that they went through. */
  readonly layers: number;
}

/** Tokens as a transformer reads them, in rows of one length. */
export interface TokenRows {
  readonly rows: number;
  readonly length: number;
  /** What the computation begins with. */
  readonly start: Words | LowerStates;
  /** 0 where a token sees another, and far below 0 where it does not: `[rows, 1, length or 1, length]`. */
  readonly hidden: tf.Tensor4D;
}

/** Dropout of a step, already drawn: which of each place's numbers stay, and the rates. By place, see {@link dropoutPlaces}. */
export interface StepDropout {
  readonly masks: Readonly<Record<string, tf.Tensor>>;
  readonly rates: DropoutRates;
}

/** An adapter beside a linear weight: y + scale · x Aᵀ Bᵀ. */
export interface Adapter {
  /** `[rank, in]` */
  readonly down: tf.Tensor2D;
  /** `[out, rank]` */
  readonly up: tf.Tensor2D;
  readonly scale: number;
}

/** What {@link tokenStates} works on beside tokens and weights. */
export interface TokenStatesOptions {
  readonly dropout?: StepDropout | undefined;
  /** The adapter of a linear part, by the part's name. */
  readonly adapter?: ((name: string, weights: WeightTensors) => Adapter | undefined) | undefined;
  /** Told the states after the embeddings and after each layer. */
  readonly onLayer?: ((states: tf.Tensor2D) => void) | undefined;
  /** Keeps the states within a layer for the gradient, or computes them again. Default: keeps all. */
  readonly recompute?: Recompute | undefined;
}

/** Layers in segments: what is within all but the last segment is computed again for the gradient. */
export interface Recompute {
  readonly segments: number;
  /** Names of the weights that gradients are wanted of. */
  readonly trained: readonly string[];
}

/**
 * A transformer's states of all tokens after its last layer: BERT, RoBERTa, MPNet and DistilBERT.
 *
 * h₀ = norm(word + position + type); in each layer h ← norm(h + attention(h)), h ← norm(h + W₂ f(W₁ h + b₁) + b₂). Attention: in each head,
 * softmax(q kᵀ / √(dim of a head) + what MPNet adds by distance + hidden) v.
 *
 * Vaswani et al., "Attention is all you need", NIPS 2017; Devlin et al., "BERT", NAACL 2019; Song et al., "MPNet", NeurIPS 2020.
 * @returns `[rows · length, dim]`
 */
export function tokenStates(
  config: TransformerConfig,
  weights: WeightTensors,
  tokens: TokenRows,
  options: TokenStatesOptions = {},
): tf.Tensor2D {
  const { onLayer, recompute } = options;
  const { start } = tokens;
  const lowest = "states" in start ? start.layers : 0;
  let states =
    "states" in start
      ? start.states
      : dropped(norm(config, embedded(config, weights, start), embeddingNames.norm, weights), dropoutPlaces.embeddings, "states", options);
  onLayer?.(states);
  const bias = config.buckets > 0 ? distanceBias(config, weights, tokens) : undefined;
  const hidden = (bias === undefined ? tokens.hidden : tf.add(bias, tokens.hidden)) as tf.Tensor4D;
  const segments = recompute?.segments ?? 1;
  const layersIn = (segment: number) => lowest + Math.floor((segment * (config.layers - lowest)) / segments);
  for (let segment = 0; segment < segments; segment++) {
    const [from, to] = [layersIn(segment), layersIn(segment + 1)];
    const through = (input: tf.Tensor2D, hidden: tf.Tensor4D, weights: WeightTensors): tf.Tensor2D => {
      let states = input;
      for (let i = from; i < to; i++) {
        states = layerStates(config, i, states, { ...tokens, hidden }, weights, options);
        onLayer?.(states);
      }
      return states;
    };
    // The gradient begins in the last segment: what it would compute again has just been there.
    if (segment === segments - 1) {
      states = through(states, hidden, weights);
      continue;
    }
    const names = recompute!.trained.filter((name) => layerOf(name) >= from && layerOf(name) < to);
    const variables = names.map((name) => weights[name]!);
    // MPNet's table of distances gets a gradient through `hidden`.
    states = recomputed(
      (input, ...others) => {
        const [near, ...own] = bias === undefined ? [hidden, ...others] : others;
        const named = Object.fromEntries(names.map((name, i) => [name, own[i]!]));
        return through(input as tf.Tensor2D, near as tf.Tensor4D, { ...weights, ...named });
      },
      [states, ...(bias === undefined ? [] : [hidden]), ...variables],
    );
  }
  return states;
}

/** h ← norm(h + attention(h)), h ← norm(h + W₂ f(W₁ h + b₁) + b₂) of layer `i`, from 0. */
function layerStates(
  config: TransformerConfig,
  i: number,
  states: tf.Tensor2D,
  tokens: TokenRows,
  weights: WeightTensors,
  options: TokenStatesOptions,
): tf.Tensor2D {
  const names = layerNames(config, i);
  const linear = (x: tf.Tensor2D, name: string) => linearPart(x, name, weights, options);
  const attended = attention(config, tokens, tokens.hidden, {
    query: linear(states, names.query),
    key: linear(states, names.key),
    value: linear(states, names.value),
    dropped: (shares) => dropped(shares, dropoutPlaces.attention(i), "attention", options),
  });
  const output = dropped(linear(attended, names.attentionOutput), dropoutPlaces.attentionOutput(i), "states", options);
  const middle = norm(config, tf.add(output, states), names.attentionNorm, weights);
  const inner = hiddenFunctions[config.activation](linear(middle, names.intermediate));
  const last = dropped(linear(inner, names.output), dropoutPlaces.output(i), "states", options);
  return norm(config, tf.add(last, middle), names.outputNorm, weights);
}

function norm({ normEpsilon }: TransformerConfig, x: tf.Tensor2D, name: string, weights: WeightTensors): tf.Tensor2D {
  return layerNorm(x, weights[`${name}.weight`] as tf.Tensor1D, weights[`${name}.bias`] as tf.Tensor1D, normEpsilon);
}

function dropped<T extends tf.Tensor>(x: T, place: string, kind: keyof DropoutRates, { dropout }: TokenStatesOptions): T {
  const mask = dropout?.masks[place];
  return mask === undefined ? x : keptByMask(x, mask, dropout!.rates[kind]);
}

/** Names of the places at which dropout is. */
export const dropoutPlaces = {
  embeddings: "dropout.embeddings",
  attention: (layer: number) => `dropout.${layer}.attention`,
  attentionOutput: (layer: number) => `dropout.${layer}.attentionOutput`,
  output: (layer: number) => `dropout.${layer}.output`,
} as const;

function embedded({ types }: TransformerConfig, weights: WeightTensors, tokens: Words): tf.Tensor2D {
  const words = tf.gather(weights[embeddingNames.words] as tf.Tensor2D, tokens.ids);
  const positions = tf.gather(weights[embeddingNames.positions] as tf.Tensor2D, tokens.positions);
  const both = tf.add(words, positions) as tf.Tensor2D;
  if (types === 0) return both;
  const table = weights[embeddingNames.types] as tf.Tensor2D;
  return tf.add(both, tokens.types ? tf.gather(table, tokens.types) : tf.slice(table, [0, 0], [1, -1])) as tf.Tensor2D;
}

function linearPart(x: tf.Tensor2D, name: string, weights: WeightTensors, { adapter }: TokenStatesOptions): tf.Tensor2D {
  const straight = tf.add(tf.matMul(x, weights[`${name}.weight`] as tf.Tensor2D, false, true), weights[`${name}.bias`]!) as tf.Tensor2D;
  const added = adapter?.(name, weights);
  if (added === undefined) return straight;
  const low = tf.matMul(tf.matMul(x, added.down, false, true), added.up, false, true);
  return tf.add(straight, tf.mul(low, added.scale));
}

interface AttentionParts {
  readonly query: tf.Tensor2D;
  readonly key: tf.Tensor2D;
  readonly value: tf.Tensor2D;
  readonly dropped: (shares: tf.Tensor4D) => tf.Tensor4D;
}

function attention({ heads, dim }: TransformerConfig, tokens: TokenRows, hidden: tf.Tensor4D, parts: AttentionParts): tf.Tensor2D {
  const { rows, length } = tokens;
  const width = dim / heads;
  const split = (x: tf.Tensor2D) => tf.transpose(tf.reshape(x, [rows, length, heads, width]), [0, 2, 1, 3]) as tf.Tensor4D;
  const query = split(tf.mul(parts.query, 1 / Math.sqrt(width)));
  const scores = tf.add(tf.matMul(query, split(parts.key), false, true), hidden) as tf.Tensor4D; // [rows, heads, length, length]
  const mixed = tf.matMul(parts.dropped(tf.softmax(scores)), split(parts.value));
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [rows * length, dim]);
}

/** What MPNet adds to the attention by the distance of two tokens, `[1, heads, length, length]`: the same in all layers. */
function distanceBias({ buckets, heads }: TransformerConfig, weights: WeightTensors, { length }: TokenRows): tf.Tensor4D {
  const place = tf.range(0, length, 1, "float32");
  const distance = tf.sub(tf.reshape(place, [1, length]), tf.reshape(place, [length, 1])); // [from, to]: to − from
  const half = buckets / 2;
  const far = tf.abs(distance);
  let bucket = tf.minimum(far, half / 2) as tf.Tensor;
  for (const least of bucketStarts(half)) bucket = tf.add(bucket, tf.cast(tf.greaterEqual(far, least), "float32"));
  const signed = tf.add(bucket, tf.mul(tf.cast(tf.greater(distance, 0), "float32"), half));
  const rows = tf.gather(weights[embeddingNames.distances] as tf.Tensor2D, tf.reshape(tf.cast(signed, "int32"), [length * length]));
  return tf.reshape(tf.transpose(tf.reshape(rows, [length, length, heads]), [2, 0, 1]), [1, heads, length, length]);
}

/** Farthest distance that has a bucket of its own: what MPNet's code has, whatever the configuration says. */
const mostDistance = 128;

/**
 * Distances at which a bucket begins, beyond the near ones that have a bucket each. As lengths where ⌊near + ln(d / near) / ln(most / near) · near⌋
 * grows, in float32: so no logarithm is left to an engine's rounding.
 */
export function bucketStarts(half: number): number[] {
  const near = half / 2;
  const starts: number[] = [];
  let last = near;
  for (let distance = near; last < half - 1; distance++) {
    const share = Math.fround(Math.fround(Math.log(Math.fround(distance / near))) / Math.log(mostDistance / near));
    const bucket = Math.min(near + Math.trunc(Math.fround(share * (half - near))), half - 1);
    for (; last < bucket; last++) starts.push(distance);
  }
  return starts;
}
