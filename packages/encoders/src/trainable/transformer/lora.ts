import { type Check, checkOptions, InvalidArgumentError, positiveFiniteNumber, positiveInteger, type Random, shown } from "@quaterion/core";
import type { InitialTensor, WeightValues } from "@quaterion/core/training";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { constantWeights, uniformWeights } from "../initial-weights.js";
import type { Adapter, WeightTensors } from "./token-states.js";
import type { TransformerConfig } from "./transformer-config.js";
import { layerNames } from "./weight-names.js";

/** Options of adapters of low rank. */
export interface LoraOptions {
  /** Rank of what is added to a weight. Default 8. */
  rank?: number | undefined;
  /** What is added is scaled by alpha / rank. Default 2 · rank. */
  alpha?: number | undefined;
  /** Linear parts that get an adapter: ends of their names in the model's file, such as "query". Default: query and value, as that model names them. */
  targets?: readonly string[] | undefined;
}

/** Adapters of one encoder. */
export interface Lora {
  readonly rank: number;
  readonly alpha: number;
  /** alpha / rank, unless an adapter's file says otherwise. */
  readonly scale: number;
  readonly targets: readonly string[];
  /** Full names of the linear parts that the targets match, from the lowest up. */
  readonly parts: readonly string[];
}

const targetList: Check<readonly string[]> = (value, argument) => {
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string" && each !== "")) return value;
  throw new InvalidArgumentError(`\`${argument}\` must be a list of names, such as ["query", "value"]; received ${shown(value)}.`);
};

/**
 * Adapters for a model: W + scale · B A, with A `[rank, in]` and B `[out, rank]`.
 *
 * Hu et al., "LoRA: low-rank adaptation of large language models", ICLR 2022, section 4.1.
 * @throws {InvalidArgumentError} when an option is wrong, or a target matches nothing
 */
export function lora(config: TransformerConfig, options: LoraOptions = {}): Lora {
  checkOptions("lora", options, { rank: positiveInteger, alpha: positiveFiniteNumber, targets: targetList });
  const { rank = 8, alpha = 2 * rank } = options;
  const own = layerNames(config, 0);
  const targets = options.targets ?? [lastWord(own.query), lastWord(own.value)];
  const linear = linearParts(config);
  const matches = (part: string, target: string) => part === target || part.endsWith(`.${target}`);
  for (const target of targets) {
    if (linear.some((part) => matches(part, target))) continue;
    const known = [...new Set(linear.map((part) => part.replace(/^.*\.layer\.\d+\./, "")))];
    throw new InvalidArgumentError(
      `\`lora.targets\` "${target}" matches no linear part of this ${config.kind} model. Its layers have ${known.join(", ")}; give one of these names, or an end of it.`,
    );
  }
  return { rank, alpha, scale: alpha / rank, targets, parts: linear.filter((part) => targets.some((target) => matches(part, target))) };
}

/** Names of all linear parts. */
function linearParts(config: TransformerConfig): string[] {
  return Array.from({ length: config.layers }, (_, i) => {
    const names = layerNames(config, i);
    return [names.query, names.key, names.value, names.attentionOutput, names.intermediate, names.output];
  }).flat();
}

const lastWord = (name: string) => name.slice(name.lastIndexOf(".") + 1);

export const downName = (part: string) => `${part}.lora_A.weight`;
export const upName = (part: string) => `${part}.lora_B.weight`;

/** First adapters: A as a linear layer starts, B zero, so that the untrained model is the one it was. */
export function loraWeights({ parts, rank }: Lora, base: WeightValues, random: Random): Record<string, InitialTensor> {
  const weights: Record<string, InitialTensor> = {};
  for (const part of parts) {
    const [out, inputs] = base[`${part}.weight`]!.shape as [number, number];
    weights[downName(part)] = uniformWeights([rank, inputs], inputs, random.fork(part));
    weights[upName(part)] = constantWeights([out, rank], 0);
  }
  return weights;
}

/** The adapter of a part, from weights as tensors. */
export function adapterOf({ scale }: Lora): (part: string, weights: WeightTensors) => Adapter | undefined {
  return (part, weights) => {
    const down = weights[downName(part)] as Tensor2D | undefined;
    return down && { down, up: weights[upName(part)] as Tensor2D, scale };
  };
}

/** The model's weights with the adapters in them: W + scale · B A, summed in float64. */
export function mergeLora({ parts, rank, scale }: Lora, base: WeightValues, adapters: WeightValues): Record<string, InitialTensor> {
  const merged: Record<string, InitialTensor> = { ...base };
  for (const part of parts) {
    const { shape, values } = base[`${part}.weight`]!;
    const [out, inputs] = shape as [number, number];
    const down = adapters[downName(part)]!.values;
    const up = adapters[upName(part)]!.values;
    const sums = new Float32Array(values.length);
    for (let o = 0; o < out; o++) {
      for (let i = 0; i < inputs; i++) {
        let product = 0;
        for (let r = 0; r < rank; r++) product += up[o * rank + r]! * down[r * inputs + i]!;
        sums[o * inputs + i] = values[o * inputs + i]! + scale * product;
      }
    }
    merged[`${part}.weight`] = { shape, values: sums };
  }
  return merged;
}
