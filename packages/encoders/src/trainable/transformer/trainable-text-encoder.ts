import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { type Check, checkOptions, IncompatibleError, InvalidArgumentError, NotFoundError, nonEmptyString, shown } from "@quaterion/core";
import { fileSha256, sha256 } from "@quaterion/core/node";
import type { TraceToOnnx, WeightValues } from "@quaterion/core/training";
import { type Find, openModelSource } from "../../model-files/model-source.js";
import { readJson } from "../../model-files/read-json.js";
import { openOnnxTextEncoder } from "../../text/onnx-text-encoder.js";
import { type TextModelOptions, textModelChecks, textModelSettings } from "../../text/text-model-options.js";
import type { TextModelSettings } from "../../text/text-model-settings.js";
import { openTokenizer } from "../../text/text-tokenizer.js";
import { dropoutRate } from "../dropout-rate.js";
import { adapterFiles, readAdapter } from "./adapter-files.js";
import { exportTextModel } from "./exported-text-model.js";
import { type LoraOptions, lora } from "./lora.js";
import { modelSafetensors, sentenceTransformersFiles } from "./model-files.js";
import { lowestTrained, type TrainedPart } from "./trained-part.js";
import { readTransformerConfig, type TransformerConfig } from "./transformer-config.js";
import { type TrainableTextEncoder, transformerEncoder } from "./transformer-encoder.js";
import { readTransformerWeights } from "./transformer-weights.js";

/** Options of {@link trainableTextEncoder}. What is left out is read from the model's own files. */
export interface TrainableTextEncoderOptions extends TextModelOptions {
  /** What is trained: all weights, adapters of low rank beside them, or the top layers alone. Default "all". */
  train?: "all" | "lora" | { readonly layers: number } | undefined;
  /** With `train: "lora"`: rank, alpha and targets. */
  lora?: LoraOptions | undefined;
  /** With `train: "lora"`: a folder with adapters to go on from, as PEFT writes them; it says rank, alpha and targets. */
  adapter?: string | undefined;
  /** Share of the numbers between layers that is dropped in training, and of attention. Default: as the model's config.json says. */
  dropout?: number | undefined;
  /**
   * Share of a text's tokens that each step of training leaves out, drawn anew each time: more texts out of few. With ten examples a label 0.1 to 0.2 helps.
   * Not with `train: { layers }`, whose lower states are computed once. Default 0.
   */
  tokenDropout?: number | undefined;
  /** What a layer's learning rate is multiplied with to get that of the layer below it, above 0 to 1. Default 1. */
  layerDecay?: number | undefined;
  /**
   * Keeps less of a step in memory: the trained layers are run in segments, and the states within all but the last are computed again when the gradient
   * reaches them. Same loss and gradients, for up to a third more time. `true`: a segment for each layer, which takes least. Default: keeps all.
   */
  gradientCheckpointing?: boolean | { readonly segments: number } | undefined;
}

const train: Check<unknown> = (value, argument) => {
  if (value === "all" || value === "lora") return value;
  const layers = (value as { layers?: unknown } | null)?.layers;
  if (typeof value === "object" && Number.isInteger(layers) && (layers as number) >= 1) return value;
  throw new InvalidArgumentError(
    `\`${argument}\` must be "all", "lora" or { layers: a whole number of 1 or more }; received ${typeof value === "object" ? JSON.stringify(value) : shown(value)}.`,
  );
};

const decay: Check<number> = (value, argument) => {
  if (typeof value === "number" && value > 0 && value <= 1) return value;
  throw new InvalidArgumentError(`\`${argument}\` must be a number above 0, at most 1; received ${shown(value)}.`);
};

const checkpointing: Check<unknown> = (value, argument) => {
  if (typeof value === "boolean") return value;
  const segments = (value as { segments?: unknown } | null)?.segments;
  if (typeof value === "object" && Number.isInteger(segments) && (segments as number) >= 2) return value;
  throw new InvalidArgumentError(
    `\`${argument}\` must be true, false or { segments: a whole number of 2 or more }; received ${typeof value === "object" ? JSON.stringify(value) : shown(value)}.`,
  );
};

const anything: Check<unknown> = (value) => value;
const checks = {
  ...textModelChecks,
  ...{
    train,
    lora: anything,
    adapter: nonEmptyString,
    dropout: dropoutRate,
    tokenDropout: dropoutRate,
    layerDecay: decay,
    gradientCheckpointing: checkpointing,
  },
};

/** Files of a tokenizer that other programs read; this house needs the first two. */
const tokenizerFiles = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
];

/**
 * A pretrained transformer for texts whose weights `fit` trains: BERT (so MiniLM, bge, e5 and gte of that kind), RoBERTa, MPNet and DistilBERT, from
 * `config.json`, `model.safetensors` and `tokenizer.json`.
 *
 * Text → (default prompt +) text → tokens, at most `maxLength` → token states → pooling → length 1 where the model says so: as `textEncoder` does it,
 * and sentence-transformers. Texts are packed one after the other into rows, so that less than 5 % of the tokens computed are padding.
 * Words that the data does not have keep their vectors.
 *
 * @param model a folder, or a name on the Hugging Face hub ("org/name"), whose files are fetched once into the hub's own cache
 * @throws {InvalidArgumentError} for a wrong option, or a LoRA target that matches nothing
 * @throws {NotFoundError} when there is no such folder or model, or a file is missing in it
 * @throws {IncompatibleError} when the model is of a kind that can't be trained here, or a file is damaged
 */
export async function trainableTextEncoder(model: string, options: TrainableTextEncoderOptions = {}): Promise<TrainableTextEncoder> {
  nonEmptyString(model, "model");
  checkOptions("trainableTextEncoder", options, checks);
  const { find } = await openModelSource(model, options);
  const configFile = await needed(find, model, "config.json", "Get the model whole.");
  const config = readTransformerConfig(await readJson(configFile), configFile);
  const part = trainedPart(options, config);
  const tokenizerFile = await needed(find, model, "tokenizer.json", "Save the model with a fast tokenizer (`tokenizer.save_pretrained`).");
  const settings = checkedLength(await textModelSettings(find, model, options), config, options.maxLength, configFile);
  const tokenizer = await openTokenizer(tokenizerFile, await find("tokenizer_config.json"), settings.maxLength);
  const advice = "Save it with `model.save_pretrained(folder)`, which writes safetensors, in one file.";
  const weightsFile = await needed(find, model, "model.safetensors", advice);
  const bytes = await readFile(weightsFile).catch((cause: Error) => {
    throw new IncompatibleError(`${weightsFile} can't be read: ${cause.message}.`, { cause });
  });
  const file = readTransformerWeights(bytes, config, weightsFile);
  const read = options.adapter === undefined ? undefined : await readAdapter(options.adapter, config, file.weights);
  const trained: TrainedPart = read ? { kind: "lora", adapters: read.adapters, first: read.weights } : part;
  const name = basename(resolve(model));

  const beside: Record<string, string> = { "config.json": configFile };
  for (const path of tokenizerFiles) {
    const place = await find(path);
    if (place !== undefined) beside[path] = place;
  }
  const files = Object.fromEntries(tokenizerFiles.slice(0, 2).flatMap((path) => (beside[path] ? [[path, beside[path]]] : [])));
  const fingerprint = sha256(sha256(bytes), await fileSha256(configFile), await fileSha256(tokenizerFile), JSON.stringify(settings));

  async function freeze(merged: WeightValues, adapters: WeightValues, trace: TraceToOnnx) {
    const modelBytes = await exportTextModel(config, merged, settings, trace, { "quaterion.base": name });
    const adapter = trained.kind === "lora" ? adapterFiles(trained.adapters, adapters, model) : {};
    const contents = Object.entries({ ...adapter }).map(([path, content]) => [`adapter/${path}`, { content }] as const);
    return openOnnxTextEncoder(
      name,
      {
        files,
        model: "onnx/model.onnx",
        modelBytes,
        beside: {
          ...beside,
          ...sentenceTransformersFiles(settings, config.dim),
          "model.safetensors": { content: modelSafetensors(merged, file) },
          ...Object.fromEntries(contents),
        },
      },
      settings,
      {},
    );
  }
  const { dropout, tokenDropout } = options;
  return transformerEncoder({
    name,
    fingerprint,
    config,
    base: file.weights,
    settings,
    tokenizer,
    part: trained,
    dropout: { states: dropout ?? config.dropout, attention: dropout ?? config.attentionDropout },
    tokenDropout,
    layerDecay: options.layerDecay ?? 1,
    segments: segmentsOf(options.gradientCheckpointing, config.layers - Math.max(0, lowestTrained(config, trained))),
    freeze,
  });
}

function trainedPart(options: TrainableTextEncoderOptions, config: TransformerConfig): TrainedPart {
  const { train = "all", lora: adapters, adapter, tokenDropout = 0 } = options;
  if (typeof train === "object" && tokenDropout > 0)
    throw new InvalidArgumentError(
      '`trainableTextEncoder.tokenDropout` goes with `train` "all" or "lora": with { layers } what the lower layers make of a text is computed once, of all its tokens.',
    );
  if (train !== "lora" && (adapters !== undefined || adapter !== undefined)) {
    throw new InvalidArgumentError(`\`trainableTextEncoder.${adapters ? "lora" : "adapter"}\` needs \`train: "lora"\`.`);
  }
  if (adapters !== undefined && adapter !== undefined) {
    throw new InvalidArgumentError(
      "`trainableTextEncoder` takes `lora` or `adapter`, not both: the adapter's files say rank, alpha and targets.",
    );
  }
  if (train === "lora") return { kind: "lora", adapters: lora(config, adapters) };
  if (train === "all") return { kind: "all" };
  if (train.layers > config.layers) {
    throw new InvalidArgumentError(
      `\`trainableTextEncoder.train.layers\` must be at most ${config.layers}, the layers of this model; received ${train.layers}. "all" trains the embeddings too.`,
    );
  }
  return { kind: "layers", layers: train.layers };
}

function segmentsOf(asked: TrainableTextEncoderOptions["gradientCheckpointing"], layers: number): number {
  if (typeof asked !== "object") return asked ? layers : 1;
  if (asked.segments <= layers) return asked.segments;
  throw new InvalidArgumentError(
    `\`trainableTextEncoder.gradientCheckpointing.segments\` must be at most ${layers}, the layers that are trained or above one that is; received ${asked.segments}.`,
  );
}

/** The table of positions must reach as far as texts are read. */
function checkedLength(
  settings: TextModelSettings,
  config: TransformerConfig,
  asked: number | undefined,
  configFile: string,
): TextModelSettings {
  const most = config.positions - config.firstPosition;
  if (settings.maxLength <= most) return settings;
  if (asked === undefined) {
    throw new IncompatibleError(
      `${configFile} has positions for ${most} tokens, and ${settings.maxLength} are to be read of a text (\`max_seq_length\` of sentence_bert_config.json, or else \`max_position_embeddings\`). Give \`maxLength\`.`,
    );
  }
  throw new InvalidArgumentError(
    `\`trainableTextEncoder.maxLength\` must be at most ${most}, the positions that this model knows; received ${settings.maxLength}.`,
  );
}

async function needed(find: Find, model: string, path: string, advice: string): Promise<string> {
  const place = await find(path);
  if (place !== undefined) return place;
  throw new NotFoundError(`${model} has no ${path}. ${advice}`);
}
