import { basename, resolve } from "node:path";
import { type Check, checkOptions, InvalidArgumentError, NotFoundError, nonEmptyString, oneOf, positiveInteger } from "@quaterion/core";
import { type ModelSource, openModelSource } from "../model-files/model-source.js";
import { findOnnxFiles, type ModelDtype, modelDtypes } from "../model-files/onnx-files.js";
import { readJson } from "../model-files/read-json.js";
import { type OnnxTextEncoder, openOnnxTextEncoder, type TextModelFiles } from "./onnx-text-encoder.js";
import { type TextModelOptions, textModelChecks, textModelSettings } from "./text-model-options.js";
import { tableOfPositions } from "./text-model-settings.js";

/** Options of {@link textEncoder}. What is left out is read from the model's own files. */
export interface TextEncoderOptions extends TextModelOptions {
  /** Default "fp32". */
  dtype?: ModelDtype | undefined;
  /** Threads of one run. Default: one for each core. */
  threads?: number | undefined;
  /** Most texts in one run. Default 64. */
  batch?: number | undefined;
}

/** This encoder is frozen: what trains lives beside TensorFlow.js, which this entry does not load. */
const train: Check<unknown> = () => {
  throw new InvalidArgumentError(
    '`textEncoder` takes no `train`: its weights do not change. Use `trainableTextEncoder(model, { train })` of "@quaterion/encoders/trainable".',
  );
};

const checks = {
  ...textModelChecks,
  dtype: oneOf(modelDtypes),
  threads: positiveInteger,
  batch: positiveInteger,
  train,
};

/**
 * A pretrained transformer for texts, run by ONNX Runtime: the same vectors as sentence-transformers gives for the model.
 *
 * Text → (prompt +) text → tokens, at most `maxLength` → token states `[tokens, dim]` → pooling → scaled to length 1. Float32 `[values, dim]`.
 * Texts are sorted by length and run in groups with little padding; `stats` counts tokens, padding and texts that were cut.
 *
 * @param model a folder with `tokenizer.json` and `onnx/model.onnx`, or a name on the Hugging Face hub ("org/name"), whose files are
 *   fetched once into the hub's own cache (`HF_HOME`, `HF_HUB_CACHE`; `HF_TOKEN`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` are heeded)
 * @throws {InvalidArgumentError} for a wrong option; from `encode` for a value that is not a text, or empty
 * @throws {NotFoundError} when there is no such folder or model, or a file is missing in it
 * @throws {IncompatibleError} when the model is not a text encoder that is known here
 */
export async function textEncoder(model: string, options: TextEncoderOptions = {}): Promise<OnnxTextEncoder> {
  nonEmptyString(model, "model");
  checkOptions("textEncoder", options, checks);
  const { dtype = "fp32", threads, batch } = options;
  const source = await openModelSource(model, options);
  const files = await findModelFiles(model, source, dtype);
  const settings = await textModelSettings(source.find, model, options);
  if (options.maxLength !== undefined) await checkPositions(source, options.maxLength);
  return openOnnxTextEncoder(basename(resolve(model)), files, settings, { threads, batch });
}

/** A model with a table of positions can't read past its end: ONNX Runtime would say so for the first text that is that long. */
async function checkPositions(source: ModelSource, maxLength: number): Promise<void> {
  const file = await source.find("config.json");
  const most = file === undefined ? undefined : tableOfPositions(await readJson(file));
  if (most === undefined || maxLength <= most) return;
  throw new InvalidArgumentError(
    `\`textEncoder.maxLength\` must be at most ${most}, the positions that this model knows; received ${maxLength}.`,
  );
}

async function findModelFiles(model: string, source: ModelSource, dtype: ModelDtype): Promise<TextModelFiles> {
  const files: Record<string, string> = {};
  const add = async (path: string) => {
    const place = await source.find(path);
    if (place !== undefined) files[path] = place;
    return place !== undefined;
  };
  if (!(await add("tokenizer.json"))) {
    throw new NotFoundError(
      `${model} has no tokenizer.json. Save the model with a fast tokenizer (\`tokenizer.save_pretrained\`), or take one that has it.`,
    );
  }
  await add("tokenizer_config.json");
  const { path, files: found } = await findOnnxFiles(model, source, { names: ["model"], dtype, task: "feature-extraction" });
  return { files: { ...files, ...found }, model: path };
}
