import { type FrozenEncoder, IncompatibleError, InvalidArgumentError, type Json } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import type { HostBatch, ReadyMeans, StepContext, TraceToOnnx, TrainableEncoder, WeightValues } from "@quaterion/core/training";
import { checkTexts } from "../../text/check-texts.js";
import type { TextEncoderStats } from "../../text/onnx-text-encoder.js";
import { textKey } from "../../text/text-key.js";
import type { TextModelSettings } from "../../text/text-model-settings.js";
import type { TextTokenizer, Tokens } from "../../text/text-tokenizer.js";
import { dropoutMasks } from "./dropout-masks.js";
import type { DropoutRates } from "./dropout-rates.js";
import { adapterOf } from "./lora.js";
import { type LowerStates, lowerStates } from "./lower-states.js";
import { packTexts } from "./pack-texts.js";
import { poolInputs, poolPacked } from "./pool-packed.js";
import { packedRows, tokenInputs } from "./text-batch.js";
import { withoutSomeTokens } from "./token-dropout.js";
import { tokenStates } from "./token-states.js";
import { lowestTrained, mergedWeights, splitWeights, type TrainedPart } from "./trained-part.js";
import type { TransformerConfig } from "./transformer-config.js";
import { unitLength } from "./unit-length.js";
import { layerOf } from "./weight-names.js";

/** A transformer for texts whose weights are trained. */
export interface TrainableTextEncoder extends TrainableEncoder<string> {
  readonly settings: TextModelSettings;
  /** What `prepare` did so far: texts, tokens, and how many tokens were padding. */
  readonly stats: TextEncoderStats;
  prepare(values: readonly string[], step: StepContext): HostBatch;
  ready(values: readonly string[], means?: ReadyMeans): Promise<TrainableTextEncoder>;
}

/** What a trainable transformer is made of. */
export interface TransformerParts {
  readonly name: string;
  /** Of model, tokenizer and settings. */
  readonly fingerprint: string;
  readonly config: TransformerConfig;
  readonly base: WeightValues;
  readonly settings: TextModelSettings;
  readonly tokenizer: TextTokenizer;
  readonly part: TrainedPart;
  readonly dropout: DropoutRates;
  /** Share of a text's tokens that a step of training leaves out. Default 0. */
  readonly tokenDropout?: number;
  /** What the learning rate of each layer is multiplied with, from one layer to the next one down. */
  readonly layerDecay: number;
  /** Segments of the trained layers, the states within all but the last of which are computed again for the gradient. Default 1: all are kept. */
  readonly segments?: number;
  /** Makes the frozen encoder of the whole model's weights. */
  readonly freeze: (merged: WeightValues, trained: WeightValues, trace: TraceToOnnx) => Promise<FrozenEncoder<string>>;
}

/** What is known of the values that an encoder was made ready for. */
interface KnownTexts {
  readonly tokens: ReadonlyMap<string, Tokens>;
  readonly notes: readonly string[];
  /** Token states below the trained layers. */
  readonly lower?: LowerStates;
}

/** A trainable transformer from its parts. */
export function transformerEncoder(parts: TransformerParts, known?: KnownTexts): TrainableTextEncoder {
  const { name, config, base, settings, tokenizer, part, dropout, tokenDropout = 0, layerDecay, segments = 1 } = parts;
  const words = known && part.kind === "all" ? wordsOf(known.tokens.values(), config) : undefined;
  const lowest = lowestTrained(config, part);
  const lower = known?.lower;
  const rowOf = words && Int32Array.from({ length: config.vocabulary }, () => 0);
  if (words && rowOf) for (const [row, word] of words.entries()) rowOf[word] = row;
  const { trained, constants } = splitWeights(base, config, part, words, lower !== undefined);
  const prompt = settings.prompts.default ?? "";
  const shape = (text: string) => (settings.lowercase ? text.toLowerCase() : text);
  const promptTokens = prompt !== "" && !settings.poolPrompt ? Math.max(0, tokenizer.tokens(shape(prompt)).ids.length - 1) : 0;
  const stats = { texts: 0, cut: 0, tokens: 0, padding: 0 };
  const read = (text: string) => checked(tokenizer.tokens(shape(prompt + text)), config, name);
  const tokensOf = known === undefined ? read : (text: string) => known.tokens.get(text) ?? unready(name, text);
  const options: Json = {
    ...{ train: describe(part), dropout: { ...dropout }, layerDecay },
    ...(tokenDropout > 0 && { tokenDropout }),
    ...(segments > 1 && { gradientCheckpointing: { segments } }),
  };

  return {
    contract: 1,
    name,
    dim: config.dim * settings.pooling.length,
    fingerprint: sha256(
      "trainable-transformer/1",
      parts.fingerprint,
      JSON.stringify(options),
      part.kind === "lora" ? firstDigest(part.first) : "",
    ),
    config: options,
    notes: known?.notes ?? [],
    ...(lower && { counts: lower.counts }),
    settings,
    stats,
    constants,
    // Adapters start at nothing and have farther to go.
    learningRate: part.kind === "lora" ? 5e-4 : 5e-5,
    ...(layerDecay !== 1 && { rates: layerRates(Object.keys(constants).concat(Object.keys(base)), config, layerDecay) }),
    key: textKey,
    weights: trained,
    async ready(values, means) {
      checkTexts(name, values);
      const tokens = new Map<string, Tokens>();
      for (const text of values) if (!tokens.has(text)) tokens.set(text, read(text));
      const cut = values.filter((text) => tokens.get(text)!.cut).length;
      const long = `${cut} of ${values.length} texts are longer than ${settings.maxLength} tokens: only their start counts`;
      const below = { name, fingerprint: parts.fingerprint, config, base, padding: tokenizer.padding, layers: lowest };
      const made = transformerEncoder(parts, {
        tokens,
        notes: cut > 0 ? [long] : [],
        lower: means && part.kind === "layers" && lowest > 0 ? await lowerStates(below, tokens, means) : undefined,
      });
      Object.assign(made.stats, { cut });
      return made;
    },
    prepare(values, { training, random }): HostBatch {
      const all = values.map(tokensOf);
      const first = Math.max(1, promptTokens);
      const texts = training && tokenDropout > 0 ? all.map((tokens) => withoutSomeTokens(tokens, tokenDropout, first, random)) : all;
      const lengths = texts.map(({ ids }) => ids.length);
      const packed = packTexts(lengths);
      const tokens = lengths.reduce((sum, length) => sum + length, 0);
      stats.texts += texts.length;
      stats.tokens += tokens;
      stats.padding += packed.rows * packed.length - tokens;
      const states = lower && values.map((value) => lower.of.get(value)!);
      const inputs = tokenInputs(texts, packed, config, states);
      if (rowOf) {
        const { data } = inputs["tokens.ids"]!;
        for (let token = 0; token < data.length; token++) data[token] = rowOf[data[token]!]!;
      }
      return {
        ...inputs,
        ...poolInputs(packed, lengths, settings.pooling, promptTokens),
        ...(training && dropoutMasks(config, dropout, packed.rows, packed.length, lowest, random)),
      };
    },
    apply(batch, weights) {
      const adapter = part.kind === "lora" ? adapterOf(part.adapters) : undefined;
      const recompute = segments > 1 ? { segments, trained: Object.keys(weights).filter((name) => !(name in constants)) } : undefined;
      const states = tokenStates(config, weights, packedRows(batch, lowest), {
        dropout: { masks: batch, rates: dropout },
        adapter,
        recompute,
      });
      const pooled = poolPacked(states, batch, settings.pooling);
      return settings.normalize ? unitLength(pooled) : pooled;
    },
    stepNumbers(values) {
      const { rows, length } = packTexts(values.map((value) => tokensOf(value).ids.length));
      const ofLayer = 14 * config.dim + 5 * config.hidden + 4 * config.heads * length;
      // Of layers that are computed again only a segment is there at a time, and the states between segments.
      const kept = Math.ceil((config.layers - Math.max(0, lowest)) / segments);
      return rows * length * (kept * ofLayer + (segments - 1) * config.dim);
    },
    freeze: (weights, trace) => parts.freeze(mergedWeights(base, part, words, weights), weights, trace),
  };
}

/** Words of the texts, and the padding, ascending. */
function wordsOf(texts: Iterable<Tokens>, { padding }: TransformerConfig): Int32Array {
  const words = new Set([padding]);
  for (const { ids } of texts) for (const id of ids) words.add(id);
  return Int32Array.from(words).sort();
}

/** @throws {IncompatibleError} when the tokenizer gives a number that the model has no word for */
function checked(tokens: Tokens, { vocabulary, types }: TransformerConfig, name: string): Tokens {
  const bad = tokens.ids.find((id) => id >= vocabulary) ?? tokens.types?.find((type) => type >= Math.max(types, 1) && types > 0);
  if (bad === undefined) return tokens;
  throw new IncompatibleError(
    `tokenizer.json of "${name}" gives token ${bad}, and config.json says that there are ${vocabulary} words and ${types} types. They belong to two models.`,
  );
}

function unready(name: string, value: string): never {
  throw new InvalidArgumentError(
    `"${value.slice(0, 60)}" is none of the values that encoder "${name}" was made ready for. Give \`ready\` all of them.`,
  );
}

function layerRates(names: readonly string[], { layers }: TransformerConfig, decay: number): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, decay ** (layers - 1 - layerOf(name))]));
}

function describe(part: TrainedPart): Json {
  if (part.kind !== "lora") return part.kind === "all" ? "all" : { layers: part.layers };
  const { rank, alpha, scale, targets } = part.adapters;
  return { lora: { rank, alpha, scale, targets: [...targets] } };
}

function firstDigest(first: WeightValues | undefined): string {
  if (first === undefined) return "";
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);
  return sha256(...Object.entries(first).flatMap(([name, { values }]) => [name, bytes(values)]));
}
