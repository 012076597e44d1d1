import type { WeightValues } from "@quaterion/core/training";
import { type SafetensorsTensor, writeSafetensors } from "@quaterion/formats";
import type { FileContents } from "../../saved-files.js";
import type { PoolingMode } from "../../text/pooling.js";
import type { TextModelSettings } from "../../text/text-model-settings.js";
import type { TransformerWeights } from "./transformer-weights.js";

/** Names of the modes in sentence-transformers' files. */
const poolingNames: Readonly<Record<PoolingMode, string>> = {
  cls: "pooling_mode_cls_token",
  max: "pooling_mode_max_tokens",
  mean: "pooling_mode_mean_tokens",
  meanSqrtLength: "pooling_mode_mean_sqrt_len_tokens",
  weightedMean: "pooling_mode_weightedmean_tokens",
  lastToken: "pooling_mode_lasttoken",
};

/** The model's weights under the hub's names, with what else its file had. */
export function modelSafetensors(weights: WeightValues, { others, prefix, metadata }: TransformerWeights): Uint8Array {
  const tensors = new Map<string, SafetensorsTensor>(others);
  for (const [name, { shape, values }] of Object.entries(weights)) tensors.set(prefix + name, { dtype: "F32", shape, data: values });
  return writeSafetensors(tensors, { ...metadata, format: "pt" });
}

/** The files by which sentence-transformers pools, scales and cuts as these settings say. @param dim width of a token's state */
export function sentenceTransformersFiles(settings: TextModelSettings, dim: number): FileContents {
  const json = (value: unknown) => ({ content: `${JSON.stringify(value, null, 2)}\n` });
  const { pooling, normalize, maxLength, lowercase, prompts, poolPrompt } = settings;
  const step = (idx: number, kind: string, path: string) => ({
    idx,
    name: String(idx),
    path,
    type: `sentence_transformers.models.${kind}`,
  });
  const steps = [step(0, "Transformer", ""), step(1, "Pooling", "1_Pooling"), ...(normalize ? [step(2, "Normalize", "2_Normalize")] : [])];
  const modes = Object.entries(poolingNames).map(([mode, name]) => [name, pooling.includes(mode as PoolingMode)]);
  const named = {
    ...(prompts.query !== undefined && { query: prompts.query }),
    ...(prompts.document !== undefined && { document: prompts.document }),
  };
  const fallback = prompts.default === undefined ? {} : { default: prompts.default };
  return {
    "modules.json": json(steps),
    "1_Pooling/config.json": json({ word_embedding_dimension: dim, ...Object.fromEntries(modes), include_prompt: poolPrompt }),
    "sentence_bert_config.json": json({ max_seq_length: maxLength, do_lower_case: lowercase }),
    "config_sentence_transformers.json": json({
      prompts: { ...named, ...fallback },
      default_prompt_name: prompts.default === undefined ? null : "default",
    }),
  };
}
