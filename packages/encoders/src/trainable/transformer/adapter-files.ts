import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { IncompatibleError, InvalidArgumentError, NotFoundError, shown } from "@quaterion/core";
import type { InitialTensor, WeightValues } from "@quaterion/core/training";
import { float32Values, writeSafetensors } from "@quaterion/formats";
import { readJson } from "../../model-files/read-json.js";
import { downName, type Lora, lora, upName } from "./lora.js";
import type { TransformerConfig } from "./transformer-config.js";
import { openSafetensors } from "./transformer-weights.js";

/** What PEFT puts before the names of a model's parts. */
const prefix = "base_model.model.";
const configFile = "adapter_config.json";
const weightsFile = "adapter_model.safetensors";

/** Adapters as PEFT's two files: `adapter_config.json` and `adapter_model.safetensors`. @param base name of the model they belong to */
export function adapterFiles(adapters: Lora, weights: WeightValues, base: string): Readonly<Record<string, string | Uint8Array>> {
  const config = {
    peft_type: "LORA",
    task_type: "FEATURE_EXTRACTION",
    base_model_name_or_path: base,
    inference_mode: true,
    r: adapters.rank,
    lora_alpha: adapters.alpha,
    lora_dropout: 0,
    target_modules: adapters.targets,
    bias: "none",
    fan_in_fan_out: false,
    use_rslora: adapters.scale !== adapters.alpha / adapters.rank,
    use_dora: false,
  };
  const tensors = Object.fromEntries(
    adapters.parts
      .flatMap((part) => [downName(part), upName(part)])
      .map((name) => [`${prefix}${name}`, { dtype: "F32" as const, shape: weights[name]!.shape, data: weights[name]!.values }]),
  );
  return { [configFile]: `${JSON.stringify(config, null, 2)}\n`, [weightsFile]: writeSafetensors(tensors, { format: "pt" }) };
}

/**
 * Adapters that PEFT (or a saved model) wrote.
 * @throws {NotFoundError} when a file is missing
 * @throws {IncompatibleError} when one is damaged, of another kind than plain LoRA, or does not fit the model
 */
export async function readAdapter(
  folder: string,
  config: TransformerConfig,
  base: WeightValues,
): Promise<{ adapters: Lora; weights: Record<string, InitialTensor> }> {
  const source = join(folder, weightsFile);
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(source));
    await readFile(join(folder, configFile));
  } catch (cause) {
    throw new NotFoundError(
      `\`adapter\` needs ${configFile} and ${weightsFile} in ${folder}: ${(cause as Error).message}. Give the folder that PEFT's \`save_pretrained\` wrote.`,
      { cause },
    );
  }
  const adapters = readAdapterConfig(await readJson(join(folder, configFile)), config, join(folder, configFile));
  const { tensors } = openSafetensors(bytes, source);
  const rest = new Set(tensors.keys());
  const weights: Record<string, InitialTensor> = {};
  for (const part of adapters.parts) {
    const [out, inputs] = base[`${part}.weight`]!.shape as [number, number];
    const shapes = [
      [downName(part), [adapters.rank, inputs]],
      [upName(part), [out, adapters.rank]],
    ] as const;
    for (const [name, shape] of shapes) {
      const tensor = tensors.get(prefix + name);
      if (tensor === undefined) throw new IncompatibleError(`${source} has no tensor ${prefix}${name}, which its ${configFile} asks for.`);
      if (`${tensor.shape}` !== `${shape}`) {
        throw new IncompatibleError(
          `${source}: tensor ${prefix}${name} must have the shape [${shape.join(", ")}] for this model; received [${tensor.shape.join(", ")}]. Is it another model's adapter?`,
        );
      }
      if (tensor.dtype !== "F32" && tensor.dtype !== "F16" && tensor.dtype !== "BF16")
        throw new IncompatibleError(`${source}: tensor ${prefix}${name} must be F32, F16 or BF16; received ${tensor.dtype}.`);
      weights[name] = { shape, values: float32Values(tensor) };
      if (weights[name].values.some((value) => !Number.isFinite(value)))
        throw new IncompatibleError(`${source}: tensor ${prefix}${name} holds numbers that are not finite. Get the adapter again.`);
      rest.delete(prefix + name);
    }
  }
  const [unknown] = rest;
  if (unknown !== undefined)
    throw new IncompatibleError(`${source} has a tensor ${unknown} that belongs to no part of this ${config.kind} model with an adapter.`);
  return { adapters, weights };
}

function readAdapterConfig(json: Readonly<Record<string, unknown>>, config: TransformerConfig, source: string): Lora {
  const wrong = (field: string, expected: string) =>
    new IncompatibleError(`${source}: \`${field}\` must be ${expected}; received ${shown(json[field])}. Only plain LoRA is known here.`);
  if (json["peft_type"] !== "LORA") throw wrong("peft_type", '"LORA"');
  for (const field of ["fan_in_fan_out", "use_dora"]) if (json[field]) throw wrong(field, "false");
  if ((json["bias"] ?? "none") !== "none") throw wrong("bias", '"none"');
  for (const field of ["rank_pattern", "alpha_pattern"]) {
    const pattern = json[field] ?? {};
    if (typeof pattern !== "object" || Object.keys(pattern as object).length > 0) throw wrong(field, "absent or empty");
  }
  const targets = json["target_modules"];
  if (!Array.isArray(targets)) throw wrong("target_modules", "a list of names");
  // PEFT writes both, so there is no default to guess.
  for (const field of ["r", "lora_alpha"]) if (typeof json[field] !== "number") throw wrong(field, "a number");
  if (typeof (json["use_rslora"] ?? false) !== "boolean") throw wrong("use_rslora", "true or false");
  try {
    const adapters = lora(config, { rank: json["r"] as number, alpha: json["lora_alpha"] as number, targets });
    return json["use_rslora"] === true ? { ...adapters, scale: adapters.alpha / Math.sqrt(adapters.rank) } : adapters;
  } catch (cause) {
    if (!(cause instanceof InvalidArgumentError)) throw cause;
    throw new IncompatibleError(`${source}: ${cause.message}`, { cause });
  }
}
