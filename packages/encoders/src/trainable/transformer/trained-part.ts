import type { Random } from "@quaterion/core";
import type { InitialTensor, WeightValues } from "@quaterion/core/training";
import { type Lora, loraWeights, mergeLora } from "./lora.js";
import type { TransformerConfig } from "./transformer-config.js";
import { embeddingNames, layerOf } from "./weight-names.js";

/** Which weights of a transformer are trained: all, adapters beside them, or the top layers alone. */
export type TrainedPart =
  | { readonly kind: "all" }
  | { readonly kind: "lora"; readonly adapters: Lora; readonly first?: WeightValues }
  | { readonly kind: "layers"; readonly layers: number };

/** The lowest layer with something to train; −1: the embeddings too. */
export function lowestTrained(config: TransformerConfig, part: TrainedPart): number {
  if (part.kind === "layers") return config.layers - part.layers;
  return part.kind === "lora" ? Math.min(...part.adapters.parts.map(layerOf)) : -1;
}

/**
 * Weights sorted by whether they are trained.
 * @param words rows of the table of words that take part; all where absent
 * @param lowerKnown what is below the trained layers is not computed again: its weights are left out
 */
export function splitWeights(
  base: WeightValues,
  config: TransformerConfig,
  part: TrainedPart,
  words: Int32Array | undefined,
  lowerKnown: boolean,
): { readonly trained: (random: Random) => Record<string, InitialTensor>; readonly constants: Record<string, InitialTensor> } {
  if (part.kind === "lora")
    return { trained: (random) => ({ ...(part.first ?? loraWeights(part.adapters, base, random)) }), constants: { ...base } };
  const lowest = lowestTrained(config, part);
  const trained: Record<string, InitialTensor> = {};
  const constants: Record<string, InitialTensor> = {};
  for (const [name, tensor] of Object.entries(base)) {
    const used = name === embeddingNames.words && words !== undefined ? rowsOf(tensor, words) : tensor;
    // MPNet's distances belong to all layers, the frozen ones too.
    if (layerOf(name) >= lowest) trained[name] = used;
    else if (!lowerKnown || name === embeddingNames.distances) constants[name] = used;
  }
  return { trained: () => trained, constants };
}

/** All weights of the model after training. */
export function mergedWeights(
  base: WeightValues,
  part: TrainedPart,
  words: Int32Array | undefined,
  trained: WeightValues,
): Record<string, InitialTensor> {
  if (part.kind === "lora") return mergeLora(part.adapters, base, trained);
  const merged: Record<string, InitialTensor> = { ...base, ...trained };
  const table = trained[embeddingNames.words];
  if (table === undefined || words === undefined) return merged;
  const { shape, values } = base[embeddingNames.words]!;
  const dim = shape[1]!;
  const whole = values.slice();
  for (const [row, word] of words.entries()) whole.set(table.values.subarray(row * dim, (row + 1) * dim), word * dim);
  merged[embeddingNames.words] = { shape, values: whole };
  return merged;
}

function rowsOf({ shape, values }: InitialTensor, rows: Int32Array): InitialTensor {
  const dim = shape[1]!;
  const picked = new Float32Array(rows.length * dim);
  for (const [row, from] of rows.entries()) picked.set(values.subarray(from * dim, (from + 1) * dim), row * dim);
  return { shape: [rows.length, dim], values: picked };
}
