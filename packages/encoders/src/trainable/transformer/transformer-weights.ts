import { IncompatibleError } from "@quaterion/core";
import type { InitialTensor } from "@quaterion/core/training";
import { FormatError, float32Values, readSafetensors, type SafetensorsFile, type SafetensorsTensor } from "@quaterion/formats";
import type { TransformerConfig } from "./transformer-config.js";
import { weightShapes } from "./weight-names.js";

/** A model's file, sorted by what takes part. */
export interface TransformerWeights {
  /** Weights that the token states depend on, by name without the file's prefix. */
  readonly weights: Readonly<Record<string, InitialTensor>>;
  /** What else the file has (a pooler, a language model's head), under its own names: kept, so that a saved model has all that the hub's has. */
  readonly others: ReadonlyMap<string, SafetensorsTensor>;
  /** What stands before the names in the file: "", "bert.", … */
  readonly prefix: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads `model.safetensors`: float32, float16 or bfloat16, made float32.
 * @param source where it was read from, for messages
 * @throws {IncompatibleError} when it is damaged, a weight is missing, or one is of another shape than `config.json` says
 */
export function readTransformerWeights(bytes: Uint8Array, config: TransformerConfig, source: string): TransformerWeights {
  const { tensors, metadata } = openSafetensors(bytes, source);
  const modern = new Map([...tensors].map(([name, tensor]) => [modernName(name), { name, tensor }]));
  const shapes = weightShapes(config);
  const prefix = prefixOf([...modern.keys()], shapes.keys().next().value!);
  const weights: Record<string, InitialTensor> = {};
  const others = new Map(tensors);
  for (const [name, shape] of shapes) {
    const found = modern.get(prefix + name);
    if (found === undefined) {
      throw new IncompatibleError(
        `${source} has no tensor ${prefix}${name}, which config.json (${config.kind}, ${config.layers} layers) asks for. Get the model again, with the config.json that belongs to it.`,
      );
    }
    const { tensor } = found;
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
      throw new IncompatibleError(
        `${source}: tensor ${found.name} must have the shape [${shape.join(", ")}], as config.json says; received [${tensor.shape.join(", ")}].`,
      );
    }
    if (tensor.dtype !== "F32" && tensor.dtype !== "F16" && tensor.dtype !== "BF16") {
      throw new IncompatibleError(`${source}: tensor ${found.name} must be F32, F16 or BF16; received ${tensor.dtype}.`);
    }
    const values = float32Values(tensor);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new IncompatibleError(`${source}: tensor ${found.name} holds ${values[bad]} at place ${bad}. Get the model again.`);
    weights[name] = { shape, values };
    others.delete(found.name);
  }
  return { weights, others, prefix, metadata };
}

/** Reads a safetensors file of a model. @throws {IncompatibleError} naming the file, when it is damaged */
export function openSafetensors(bytes: Uint8Array, source: string): SafetensorsFile {
  try {
    return readSafetensors(bytes);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new IncompatibleError(`${source} can't be read: ${cause.message} Get the model again.`, { cause });
  }
}

/** Models converted from TensorFlow name the parts of a norm otherwise. */
function modernName(name: string): string {
  return name.replace(/LayerNorm\.gamma$/, "LayerNorm.weight").replace(/LayerNorm\.beta$/, "LayerNorm.bias");
}

function prefixOf(names: readonly string[], first: string): string {
  const found = names.find((name) => name === first) ?? names.find((name) => name.endsWith(`.${first}`));
  return found === undefined ? "" : found.slice(0, found.length - first.length);
}
